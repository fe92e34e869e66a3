"""/rates XAF XOF 5000: what one currency is worth in another, by each system that tells."""

from decimal import Decimal

from babel.numbers import format_decimal
from markupsafe import Markup

from bot.commands.base import Command
from bot.errors import UserError
from bot.payments.amounts import parse_amount
from bot.payments.questions import Answer
from bot.texts import Voice
from bot.ui.visit import Visit
from providers.errors import Refused
from providers.messages import Verb
from providers.money import EXPONENTS, Money


async def _rates(visit: Visit, text: str) -> None:
    base, quote, amount = _read(text)
    answers = await visit.ask_systems(Verb.RATE, lambda system: system.rate(base, quote))
    if not answers:
        raise UserError("route.no_accounts")
    lines = [_line(visit.voice, answer, base, quote, amount) for answer in answers]
    await visit.say(Markup("\n").join(lines))


def _read(text: str) -> tuple[str, str, Money | None]:
    words = text.upper().split(maxsplit=2)
    if len(words) < 2 or not {words[0], words[1]} <= EXPONENTS.keys():
        raise UserError("rates.usage")
    return words[0], words[1], parse_amount(words[2], words[0]) if len(words) > 2 else None


def _line(voice: Voice, answer: Answer[Decimal], base: str, quote: str, amount: Money | None) -> Markup:
    if answer.value is None:
        return _no_rate(voice, answer)
    if amount is None:
        return voice.say("rates.line", title=answer.title, base=base, quote=quote, rate=_figure(voice, answer.value))
    worth = _figure(voice, amount.decimal * answer.value)
    return voice.say("rates.amount", title=answer.title, amount=amount, worth=worth, quote=quote)


def _no_rate(voice: Voice, answer: Answer[Decimal]) -> Markup:
    if answer.error is None:
        return voice.say("rates.no_call", title=answer.title)
    key = "rates.unknown" if isinstance(answer.error, Refused) else "balance.unreachable"
    return voice.say(key, title=answer.title)


def _figure(voice: Voice, number: Decimal) -> str:
    return format_decimal(number, format="#,##0.######", locale=voice.language)


RATES = Command("rates", "taux", _rates)

"""/who: whose operator a number is, by its prefix and by each system that can tell."""

from markupsafe import Markup

from bot.commands.base import Command
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.phone import parse_phone, pretty
from bot.payments.questions import Answer
from bot.texts import Voice
from bot.ui.visit import Visit
from providers.errors import Refused
from providers.messages import Verb


async def _who(visit: Visit, text: str) -> None:
    if not text:
        raise UserError("who.usage")
    phone = parse_phone(text, visit.member.merchant.country)
    answers = await visit.ask_systems(Verb.IDENTIFY, lambda system: system.identify(phone.msisdn))
    operator = phone.operator or visit.voice.say("card.operator.any")
    first = visit.voice.say("who.prefix", phone=pretty(phone.msisdn), operator=operator)
    await visit.say(Markup("\n").join([first, *(_line(visit.voice, answer) for answer in answers)]))


def _line(voice: Voice, answer: Answer[str]) -> Markup:
    if answer.value:
        return voice.say("who.said", title=answer.title, operator=answer.value)
    if answer.error:
        key = "who.unknown" if isinstance(answer.error, Refused) else "balance.unreachable"
        return voice.say(key, title=answer.title)
    return voice.say("who.no_call", title=answer.title)


WHO = Command("who", "qui", _who, Right.ASK)

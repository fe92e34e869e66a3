"""/limits: the merchant's rules for money out; an owner changes one with a line."""

from markupsafe import Markup

from bot.commands.base import Command
from bot.errors import UserError
from bot.payments.approvals import Right, may
from bot.payments.policy import FirstPayee
from bot.payments.rules import AMOUNTS, RULES, Rules, known_currency
from bot.texts import LANGUAGES, Voice
from bot.ui import proofs
from bot.ui.proofs import Act
from bot.ui.visit import Visit


async def _limits(visit: Visit, text: str) -> None:
    """ "/limits", "/limits KES", "/limits payout 300000", "/limits payout 20000 KES"."""
    words = text.split()
    currency = known_currency(words[-1]) if words else ""
    words = words[:-1] if currency else words
    if not words:
        await visit.say(_shown(visit, await visit.counter.rulebook.read(visit.member, currency)))
        return
    name = _named(words[0])
    if not name or len(words) < 2:
        raise UserError("rule.usage")
    await proofs.carry_out(visit, Act("rule", name, text=" ".join(words[1:]), currency=currency))


def _named(word: str) -> str:
    """By the word of either language."""
    words = {str(Voice(language, "UTC").say(f"rule.word.{rule}")): rule for language in LANGUAGES for rule in RULES}
    return words.get(word.lower(), "")


def _shown(visit: Visit, rules: Rules) -> Markup:
    voice = visit.voice
    lines = [voice.say("rule.title", currency=rules.currency)]
    for rule in RULES:
        word = voice.say(f"rule.word.{rule}")
        lines.append(
            voice.say("rule.line", word=word, value=_value(voice, rules, rule), what=voice.say(f"rule.{rule}"))
        )
    if may(visit.member, Right.SET_LIMITS):
        lines += [Markup(""), voice.say("rule.how")]
    return Markup("\n").join(lines)


def _value(voice: Voice, rules: Rules, rule: str) -> Markup | str:
    if rule in AMOUNTS:
        amount = rules.amount(rule)
        return voice.amount(amount) if amount else voice.say("rule.off")
    if rule == "first_payee":
        return voice.say(f"rule.first_payee.{FirstPayee(rules.house.first_payee)}")
    return voice.say("rule.off") if rules.plain(rule) in {"off", "0 min"} else rules.plain(rule)


LIMITS = Command("limits", "limites", _limits, Right.SEE_ALL)

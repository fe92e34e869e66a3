"""/balance: what each account holds, and which one can't tell."""

from markupsafe import Markup

from bot.commands.base import Command
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.questions import Answer
from bot.texts import Voice
from bot.ui.visit import Visit
from providers.base import Balance, Verb
from providers.errors import Misconfigured


async def _balance(visit: Visit, _text: str) -> None:
    purses = await visit.ask_systems(Verb.BALANCE, lambda system: system.balance())
    if not purses:
        raise UserError("route.no_accounts")
    title = visit.voice.say("balance.title", at=visit.counter.now())
    await visit.say(Markup("\n\n").join([title, *(_purse(visit.voice, purse) for purse in purses)]))


def _purse(voice: Voice, purse: Answer[list[Balance]]) -> Markup:
    if purse.error:
        key = "balance.misconfigured" if isinstance(purse.error, Misconfigured) else "balance.unreachable"
        return voice.say(key, title=purse.title)
    if not purse.value:
        return voice.say("balance.none", title=purse.title)
    lines = [voice.say("balance.system", title=purse.title)]
    for balance in purse.value:
        if balance.pocket:
            lines.append(voice.say("balance.pocket", pocket=_pocket(voice, balance.pocket), amount=balance.amount))
        else:
            lines.append(voice.say("balance.whole", amount=balance.amount))
    return Markup("\n").join(lines)


def _pocket(voice: Voice, pocket: str) -> str:
    """Operators bear their own names; other pockets have one in each language."""
    key = f"pocket.{pocket}"
    return voice.say(key) if voice.knows(key) else pocket


BALANCE = Command("balance", "solde", _balance, Right.SEE_BALANCE)

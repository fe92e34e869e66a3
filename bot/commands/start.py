"""/start: who you are to the counter, what is still to be set up, and what can be tapped."""

from markupsafe import Markup

from bot.commands.balance import BALANCE
from bot.commands.base import Command, Tap
from bot.commands.help import HELP
from bot.commands.payout import PAYOUT
from bot.commands.request import REQUEST
from bot.commands.status import STATUS
from bot.errors import UserError
from bot.payments import approvals
from bot.payments.approvals import Right, may
from bot.payments.phone import pretty
from bot.ui import forms, steps, witness
from bot.ui.door import enter
from bot.ui.steps import Setup
from bot.ui.visit import Visit
from providers.messages import Kind

_TAPPED = {command.name: command for command in (REQUEST, PAYOUT, STATUS, BALANCE, HELP)}


async def _start(visit: Visit, text: str) -> None:
    """A member may bring an invitation too; the link that they used themselves greets them again."""
    user = visit.message.from_user
    if user and text.startswith(witness.START):
        await visit.say(await witness.answer(visit.counter, user, text.removeprefix(witness.START), visit.voice))
        return
    if text and user and await enter(visit.counter, user, visit.message):
        return
    say, setup = visit.voice.say, await _setup(visit)
    lines = [say("start.hello", name=visit.member.person.name)]
    if may(visit.member, Right.SET_GROUP) and not setup.done:
        lines += [Markup(""), steps.first_steps(visit.voice, setup)]
    else:
        lines.append(say("start.first" if may(visit.member, Right.ASK) else "start.help"))
    if visit.member.several:
        lines.append(say("shop.now", merchant=visit.member.merchant.name))
    await visit.say(Markup("\n").join(lines), steps.of_start(visit.voice, visit.member, setup))
    await visit.counter.menu.offer(visit.member)


async def _setup(visit: Visit) -> Setup:
    payments, member = visit.counter.payments, visit.member
    found = payments.trial(member)
    return Setup(
        titles=payments.titles(member),
        grouped=member.merchant.admin_chat_id is not None,
        used=bool(await payments.history(member, limit=1)),
        trial=found[1] if found else None,
    )


async def _do(visit: Visit, name: str) -> None:
    command = _TAPPED.get(name)
    if command is None:
        return
    if command.right:
        approvals.demand(visit.member, command.right)
    await command.run(visit, "")


async def _trial(visit: Visit, _data: str) -> None:
    """A request to a number of the testing base. The line that explains it is what the payment is known by."""
    found = visit.counter.payments.trial(visit.member)
    if found is None:
        raise UserError("trial.none")
    system, trial = found
    phone = pretty(trial.msisdn)
    line = await visit.say(visit.voice.say("trial.about", title=system.sheet.title, phone=phone))
    what = visit.voice.say("trial.description")
    amount = f"{trial.amount.decimal.normalize():f}"
    await forms.begin(visit, Kind.COLLECTION, f"{amount} +{trial.msisdn} {what} via {system.name}", intent=line)


START = Command("start", "demarrer", _start)
DO_TAP = Tap("do", _do)
TRIAL_TAP = Tap("trial", _trial, Right.ASK)

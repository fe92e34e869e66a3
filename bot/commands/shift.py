"""/shift: take a till with one tap, and close it with its totals. The owner makes tills."""

from bot.commands.base import Command, Tap
from bot.payments.approvals import Right
from bot.payments.tills import Takings
from bot.ui import names, takings
from bot.ui.herald import tell
from bot.ui.visit import Visit
from bot.ui.voices import voice_of, voice_of_group
from storage import people
from storage.models import Role


async def _shift(visit: Visit, _text: str) -> None:
    await visit.say(*await _screen(visit))


async def _show(visit: Visit, _data: str) -> None:
    await visit.show(*await _screen(visit))


async def _screen(visit: Visit) -> takings.Screen:
    tills = visit.counter.tills
    if mine := await tills.mine(visit.member):
        return takings.of_shift(visit.voice, mine)
    return takings.of_tills(visit.voice, visit.member, await tills.places(visit.member))


async def _open(visit: Visit, data: str) -> None:
    begun = await visit.counter.tills.open(visit.member, _number(data))
    await visit.show(*takings.of_shift(visit.voice, begun))


async def _close(visit: Visit, data: str) -> None:
    """The close stands where its button stood, and goes to the group, or to the owners where there is none."""
    done = await visit.counter.tills.close(visit.member, _number(data))
    await visit.show(takings.closed(visit.voice, done), takings.after_close(visit.voice))
    await _spread(visit, done)


async def _spread(visit: Visit, done: Takings) -> None:
    bot, merchant = visit.message.get_bot(), visit.member.merchant
    group = merchant.admin_chat_id
    told = {visit.member.person.id} if visit.private else set[int]()
    in_group = group is not None and (
        visit.chat_id == group
        or await tell(bot, group, takings.closed(voice_of_group(merchant), done, hide=True), quiet=True)
    )
    for other in await visit.counter.storage.run(people.members, merchant.id or 0):
        hears = other.person.id == done.person.id or (other.role is Role.OWNER and not in_group)
        if hears and other.person.id not in told:
            await tell(bot, other.person.id, takings.closed(voice_of(other), done), quiet=True)


async def _ask_name(visit: Visit, _data: str) -> None:
    await names.ask(visit, names.TILL)


async def _which_removed(visit: Visit, _data: str) -> None:
    await visit.show(*takings.of_removal(visit.voice, await visit.counter.tills.places(visit.member)))


async def _remove(visit: Visit, data: str) -> None:
    await visit.counter.tills.remove(visit.member, _number(data))
    await _show(visit, "")


def _number(data: str) -> int:
    """No row has the number 0."""
    return int(data) if data.isascii() and data.isdigit() and len(data) < 10 else 0


SHIFT = Command("shift", "caisse", _shift, Right.ASK)
SHIFT_TAPS = (
    Tap("shift", _show, Right.ASK),
    Tap("open", _open, Right.ASK),
    Tap("close", _close, Right.ASK),
    Tap("newtill", _ask_name, Right.MANAGE_TEAM),
    Tap("tills", _which_removed, Right.MANAGE_TEAM),
    Tap("droptill", _remove, Right.MANAGE_TEAM),
)

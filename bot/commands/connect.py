"""/connect: a merchant's own accounts with the payment systems. In private only, by an owner."""

from bot.commands.base import Command, Run, Tap, in_private
from bot.payments.approvals import Right
from bot.ui import connecting, proofs
from bot.ui.proofs import Act
from bot.ui.visit import Visit


async def _connect(visit: Visit, text: str) -> None:
    """With a system's name it asks for its keys at once."""
    name = text.strip().lower()
    if name in await visit.counter.connections.connectable(visit.member):
        await proofs.carry_out(visit, Act("connect", name))
        return
    await visit.say(*await _accounts(visit))


async def _accounts(visit: Visit) -> connecting.Screen:
    connections = visit.counter.connections
    listed, connectable = await connections.listed(visit.member), await connections.connectable(visit.member)
    return connecting.of_accounts(visit.voice, visit.member.merchant.name, listed, connectable)


async def _show_accounts(visit: Visit, _data: str) -> None:
    await visit.show(*await _accounts(visit))


async def _show_account(visit: Visit, name: str) -> None:
    connections = visit.counter.connections
    one = await connections.one(visit.member, name)
    await visit.show(*connecting.of_account(visit.voice, one, await connections.address(visit.member, name)))


async def _ask_keys(visit: Visit, name: str) -> None:
    visit.counter.connections.demand_connectable(visit.member, name)
    await proofs.carry_out(visit, Act("connect", name))


async def _try(visit: Visit, name: str) -> None:
    about = await visit.counter.connections.test(visit.member, name)
    await visit.say(connecting.told(visit.voice, visit.counter.connections.title(name), about))


async def _ask_parting(visit: Visit, name: str) -> None:
    await visit.show(*connecting.of_parting(visit.voice, await visit.counter.connections.one(visit.member, name)))


async def _disconnect(visit: Visit, name: str) -> None:
    await proofs.carry_out(visit, Act("disconnect", name))


async def _skip(visit: Visit, field: str) -> None:
    await connecting.skip(visit, field)


async def _finish(visit: Visit, _data: str) -> None:
    await connecting.finish(visit)


_TAPS: dict[str, Run] = {
    "accounts": _show_accounts,
    "account": _show_account,
    "connect": _ask_keys,
    "try": _try,
    "disconnect": _ask_parting,
    "disconnected": _disconnect,
    "skip": _skip,
    "enough": _finish,
}


async def _typed(visit: Visit, text: str) -> None:
    """A key typed behind the command is no answer to anything, and must not stay in the chat either."""
    if text and text.lower() not in visit.counter.connections.systems:
        await connecting.forget(visit, text)
    await in_private(_connect, "connect.private")(visit, text)


CONNECT = Command("connect", "connecter", _typed, Right.CONNECT)
CONNECT_TAPS = tuple(Tap(verb, in_private(run, "connect.private"), Right.CONNECT) for verb, run in _TAPS.items())

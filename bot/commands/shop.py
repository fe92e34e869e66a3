"""/shop: for whom a person acts, where they work for several merchants; and how the house lets another one in."""

from bot.commands.base import Command, Tap
from bot.errors import UserError
from bot.payments.team import may_found
from bot.ui import names, shops
from bot.ui.visit import Visit
from storage import merchants, people
from storage.people import Member


async def _shop(visit: Visit, _text: str) -> None:
    await visit.say(*shops.of_shops(visit.voice, visit.member, await _all(visit)))


async def _show(visit: Visit, _data: str) -> None:
    await visit.show(*shops.of_shops(visit.voice, visit.member, await _all(visit)))


async def _switch(visit: Visit, data: str) -> None:
    """One tap: what was half-filled for the other is left, its cards and buttons stay its own."""
    chosen = next((one for one in await _all(visit) if str(one.merchant.id) == data), None)
    if chosen is None:
        raise UserError("shop.gone")
    await visit.counter.storage.run(merchants.choose, visit.member.person.id, chosen.merchant.id or 0)
    visit.member = chosen
    await visit.show(*shops.of_shops(visit.voice, chosen, await _all(visit)))
    await visit.counter.menu.offer(chosen)


async def _all(visit: Visit) -> list[Member]:
    return await visit.counter.storage.run(people.standings, visit.member.person.id)


async def _found(visit: Visit, _data: str) -> None:
    if not visit.private:
        raise UserError("shop.private")
    if not may_found(visit.member):
        raise UserError("denied.role")
    await names.ask(visit, names.FOUND)


SHOP = Command("shop", "boutique", _shop)
SHOP_TAPS = (Tap("shops", _show), Tap("shop", _switch), Tap("found", _found))

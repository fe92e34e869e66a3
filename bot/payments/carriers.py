"""Whose operator a phone is: the prefix is a hint, and a system that can tell corrects it."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from bot.payments.accounts import Accounts
from bot.payments.lately import Lately
from bot.payments.phone import Phone, portable, wallet
from providers.base import Clock, Provider
from providers.messages import Verb

_FRESH = timedelta(minutes=10)
_PATIENCE = 1.5


class Carriers:
    def __init__(self, accounts: Accounts, now: Clock) -> None:
        self._accounts = accounts
        self._told: Lately[str] = Lately(now, _FRESH, _PATIENCE)

    async def corrected(self, merchant_id: int, phone: Phone) -> Phone:
        """Asks only where the prefix says nothing, or numbers move between operators."""
        if phone.operator and not portable(phone.country):
            return phone
        accounts = self._accounts.of(merchant_id)
        able = [one for one in accounts if Verb.IDENTIFY in one.verbs and _serves(one, phone.country)]
        told = await asyncio.gather(*(self._ask(merchant_id, one, phone.msisdn) for one in able))
        said = [wallet(phone.country, name) for name in told if name]
        return replace(phone, operator=believed(phone.operator, said, _operators(accounts, phone.country)))

    async def _ask(self, merchant_id: int, provider: Provider, msisdn: str) -> str | None:
        return await self._told.ask((merchant_id, provider.name), msisdn, lambda: provider.identify(msisdn))


def believed(prefix: str, said: Collection[str], served: Collection[str]) -> str:
    """What the systems say, where it is one operator that somebody serves; else the prefix stands."""
    names = {name for name in said if name in served}
    return names.pop() if len(names) == 1 else prefix


def _serves(provider: Provider, country: str) -> bool:
    return any(coverage.country == country for coverage in provider.sheet.coverage)


def _operators(accounts: Collection[Provider], country: str) -> set[str]:
    rails = (rail for one in accounts for rail in one.rails())
    return {wallet(country, rail.operator) for rail in rails if rail.country == country and rail.operator}

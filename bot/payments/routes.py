"""Finds the system for a payment among a merchant's accounts, with what is known of them at this moment."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import takewhile

from bot.payments.accounts import Accounts
from bot.payments.carriers import Carriers
from bot.payments.health import Health
from bot.payments.lately import Lately
from bot.payments.phone import Phone
from bot.payments.routing import Candidate, Need, NoRoute, Pockets, Route, choose, health
from providers import messages
from providers.base import Clock, Provider
from providers.messages import Channel, Kind, Service, Verb

_FRESH = timedelta(seconds=60)


class Routes:
    def __init__(self, accounts: Accounts, health: Health, now: Clock) -> None:
        self._accounts = accounts
        self._health = health
        self._carriers = Carriers(accounts, now)
        self._purses: Lately[Pockets] = Lately(now, _FRESH)
        self._services: Lately[Sequence[Service]] = Lately(now, _FRESH)

    async def find(
        self, merchant_id: int, need: Need, *, hint: str = "", without: Collection[str] = (), via: str = ""
    ) -> Route | NoRoute:
        """`without` leaves systems out; `via` insists on one. `hint` is the number whose operator nobody vouches for:
        it is looked up where the operator matters.
        """
        accounts = [one for one in self._accounts.of(merchant_id) if one.name not in without and via in ("", one.name)]
        found = await self._best(merchant_id, need, accounts)
        if not hint or need.channel is not Channel.MOBILE or (isinstance(found, Route) and not found.relies):
            return found
        phone = await self._carriers.corrected(merchant_id, Phone(hint, need.country, need.operator))
        if phone.operator == need.operator:
            return found
        return await self._best(merchant_id, replace(need, operator=phone.operator), accounts)

    async def _best(self, merchant_id: int, need: Need, accounts: list[Provider]) -> Route | NoRoute:
        able = [one for one in accounts if isinstance(choose(need, [Candidate.of(one)]), Route)]
        asked = self._in_question(merchant_id, need, able)
        candidates = await asyncio.gather(
            *(self._candidate(merchant_id, need, one, asked.get(one.name, frozenset())) for one in accounts)
        )
        return choose(need, candidates)

    def _in_question(self, merchant_id: int, need: Need, able: list[Provider]) -> dict[str, frozenset[Verb]]:
        """What to ask of whom. Behind one of whom there is nothing to ask nobody else would be chosen; and a balance
        matters only where there is a choice.
        """
        verbs = frozenset({Verb.AVAILABILITY} if need.channel is Channel.MOBILE else ())
        verbs |= frozenset({Verb.BALANCE} if need.kind is not Kind.COLLECTION and len(able) > 1 else ())
        in_order = sorted(able, key=lambda one: self._health.unwell(merchant_id, one.name))
        return {one.name: verbs & one.verbs for one in takewhile(lambda one: verbs & one.verbs, in_order)}

    async def _candidate(self, merchant_id: int, need: Need, one: Provider, ask: Collection[Verb]) -> Candidate:
        pockets, services = await asyncio.gather(
            self._pockets(merchant_id, one, Verb.BALANCE in ask),
            self._told(merchant_id, one, need.country, Verb.AVAILABILITY in ask),
        )
        unwell = self._health.unwell(merchant_id, one.name)
        return Candidate.of(one, pockets=pockets, services=services, unwell=unwell)

    async def _pockets(self, merchant_id: int, one: Provider, ask: bool) -> Pockets | None:
        return await self._purses.ask((merchant_id, one.name), "", lambda: _balances(one)) if ask else None

    async def _told(self, merchant_id: int, one: Provider, country: str, ask: bool) -> Sequence[Service] | None:
        if not ask:
            return None
        return await self._services.ask((merchant_id, one.name), country, lambda: one.availability(country))

    def slow(self, merchant_id: int, provider: str, country: str, operator: str, kind: Kind) -> bool:
        """Whether the system said so lately; nobody is asked."""
        services = self._services.known((merchant_id, provider), country) or ()
        return health(kind, country, operator, services) is messages.Health.SLOW

    def spent(self, merchant_id: int, provider: str) -> None:
        """Money moved there: what was known of its balance is old."""
        self._purses.forget((merchant_id, provider), "")


async def _balances(provider: Provider) -> Pockets:
    return {(one.amount.currency, one.pocket): one.amount for one in await provider.balance()}

"""Merchants' own accounts with the systems: tried, kept sealed, replaced, disconnected. Each change is a deed.

Keys are in the clear only here, on their way from a sealed row into a gateway.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals, decisions
from bot.payments.accounts import Accounts, Connected, Opener
from bot.payments.approvals import Right
from providers.base import Clock
from providers.errors import Misconfigured, ProviderError, Refused, Unsupported
from providers.settings import Question
from storage import accounts, deeds, people
from storage.engine import Storage
from storage.models import Account
from storage.people import Member
from storage.sealing import NoKey, Sealer, WrongKey

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listed:
    """One account as its owners see it. `row` None: it stands in the environment, and nobody changes it here."""

    name: str
    title: str
    row: Account | None = None
    open: int = 0


class KeysRefused(UserError):
    """The system knows the keys and does not take them."""


class Connections:
    def __init__(
        self,
        storage: Storage,
        accounts: Accounts,
        opener: Opener,
        sealer: Sealer,
        now: Clock,
        new_token: Callable[[], str],
        changed: Callable[[], None],
        learn: Callable[[Iterable[str]], None],
    ) -> None:
        """`changed` is called when there are letters to send; `learn` is told of each secret before anything else."""
        self._storage = storage
        self._accounts = accounts
        self._opener = opener
        self._sealer = sealer
        self._now = now
        self._new_token = new_token
        self._changed = changed
        self.learn = learn

    async def listed(self, member: Member) -> list[Listed]:
        approvals.demand(member, Right.CONNECT)
        merchant_id = member.merchant.id or 0
        settled = [Listed(one.name, one.sheet.title) for one in self._accounts.settled(merchant_id)]
        names = {one.name for one in settled}
        rows = await self._storage.run(_listed, merchant_id)
        return settled + [
            Listed(row.provider, self.title(row.provider), row, count)
            for row, count in rows
            if row.provider not in names
        ]

    async def one(self, member: Member, name: str) -> Listed:
        """Raises UserError where there is none that can be changed here."""
        found = next((one for one in await self.listed(member) if one.name == name and one.row), None)
        if found is None:
            raise UserError("connect.gone")
        return found

    async def connectable(self, member: Member) -> dict[str, str]:
        """Titles by name, of what this merchant has no open account with."""
        taken = {one.name for one in await self.listed(member) if one.row is None or one.row.closed_at is None}
        return {name: self.title(name) for name in self._opener.systems if name not in taken and self._known(name)}

    @property
    def systems(self) -> Collection[str]:
        return self._opener.systems

    def title(self, name: str) -> str:
        return self._opener.systems[name].sheet.title if name in self._opener.systems else name

    def _known(self, name: str) -> bool:
        return name in self._opener.systems and self._opener.has_host(name)

    def demand_connectable(self, member: Member, name: str) -> None:
        """Raises UserError for a system that is not there, that stands in the environment, or whose host is unknown."""
        approvals.demand(member, Right.CONNECT)
        if not self._known(name):
            raise UserError("connect.gone")
        if any(one.name == name for one in self._accounts.settled(member.merchant.id or 0)):
            raise UserError("connect.settled")

    def question(self, name: str, given: Mapping[str, str], passed: Collection[str]) -> Question | None:
        return self._opener.systems[name].Settings.question(given, passed)

    def suits(self, name: str, field: str, value: str) -> bool:
        return self._opener.systems[name].Settings.suits(field, value)

    def seal(self, given: Mapping[str, str]) -> str:
        """Raises NoKey."""
        return self._sealer.seal(json.dumps(dict(given)))

    def unseal(self, sealed: str | None) -> dict[str, str]:
        """Raises UserError for what was sealed with a key that is gone."""
        try:
            return dict(json.loads(self._sealer.open(sealed or "")))
        except WrongKey:
            raise UserError("connect.again") from None

    async def try_out(self, name: str, given: Mapping[str, str]) -> str | None:
        """Asks the system something that moves nothing. What it tells of the account; None where it has no such call.

        Raises KeysRefused, and UserError where there was no answer.
        """
        title = self.title(name)
        try:
            provider = self._opener.connected(name, given, "trial")
        except Misconfigured:
            raise KeysRefused("connect.refused", title=title) from None
        try:
            return await provider.check()
        except Unsupported:
            return None
        except (Misconfigured, Refused) as error:
            log.warning("an account was refused", provider=name, code=error.code)
            raise KeysRefused("connect.refused", title=title) from None
        except ProviderError as error:
            log.warning("an account could not be tried", provider=name, error=type(error).__name__, code=error.code)
            raise UserError("connect.unreachable", title=title) from None
        finally:
            await provider.close()

    async def test(self, member: Member, name: str) -> str | None:
        """The same for an account that is there."""
        row = (await self.one(member, name)).row
        return await self.try_out(name, self.unseal(row.settings if row else None))

    async def keep(self, member: Member, name: str, given: Mapping[str, str]) -> str:
        """After it was tried. The address for the system's callbacks, empty where there is none to enter."""
        self.demand_connectable(member, name)
        known = await self._storage.run(accounts.get, member.merchant.id or 0, name)
        before = self.unseal(known.settings) if known else {}
        drawn = self._opener.systems[name].Settings.drawn
        ours = {field: before.get(field) or self._new_token() for field in drawn}
        sealed = self.seal({**ours, **given})
        row = await self._storage.run(_keep, member, name, self.title(name), sealed, self._new_token(), self._now())
        await self.refresh()
        self._changed()
        return self._address(row)

    async def address(self, member: Member, name: str) -> str:
        row = (await self.one(member, name)).row
        return self._address(row) if row else ""

    def _address(self, row: Account) -> str:
        if self._opener.tells_by_itself(row.provider):
            return ""
        return self._opener.callbacks(row.provider, row.path, self.unseal(row.settings))

    async def disconnect(self, member: Member, name: str) -> int:
        """How many payments are still asked about there: its keys stay, sealed, until they have ended."""
        left = await self._storage.run(_disconnect, member, name, self.title(name), self._now())
        await self.refresh()
        self._changed()
        return left

    async def refresh(self) -> None:
        """What other instances connected, replaced or disconnected is so here from now on."""
        now = self._now()
        rows = await self._storage.run(_standing)
        known = {one.path: one.version for one in self._accounts.connected()}
        for path in known.keys() - {row.path for row in rows}:
            self._accounts.drop(path, now)
        for row in rows:
            if known.get(row.path) != row.version:
                self._open(row, now)
        await self._accounts.bury(now)

    async def find(self, path: str) -> Connected | None:
        """Whose callbacks come to this address, if they were connected a moment ago too."""
        if self._accounts.at(path) is None and await self._storage.run(accounts.has_path, path):
            await self.refresh()
        return self._accounts.at(path)

    def _open(self, row: Account, now: datetime) -> None:
        try:
            provider = self._opener.connected(row.provider, self.unseal(row.settings), row.path)
        except (Misconfigured, UserError, NoKey, KeyError) as error:
            log.warning("an account can't be opened", account=row.id, provider=row.provider, error=type(error).__name__)
            return
        self.learn(provider.settings.secrets())
        self._accounts.put(Connected(row.merchant_id, provider, row.path, row.version, row.closed_at is not None), now)


def _listed(session: Session, merchant_id: int) -> list[tuple[Account, int]]:
    return [(row, accounts.still_asked(session, row)) for row in accounts.of(session, merchant_id)]


def _standing(session: Session) -> list[Account]:
    accounts.clear(session)
    return list(accounts.every(session))


def _keep(session: Session, member: Member, name: str, title: str, sealed: str, path: str, now: datetime) -> Account:
    decisions.demand_still(session, member, Right.CONNECT)
    merchant_id, by = member.merchant.id or 0, member.person.id
    row = accounts.get(session, merchant_id, name, lock=True)
    what = "rotated" if row and row.closed_at is None else "connected"
    if row:
        row.settings, row.version, row.closed_at = sealed, row.version + 1, None
    else:
        row = Account(merchant_id=merchant_id, provider=name, settings=sealed, path=path, by_id=by, created_at=now)
    session.add(row)
    session.flush()
    _record(session, member, what, title, now)
    return row


def _disconnect(session: Session, member: Member, name: str, title: str, now: datetime) -> int:
    decisions.demand_still(session, member, Right.CONNECT)
    row = accounts.get(session, member.merchant.id or 0, name, lock=True)
    if row is None or row.closed_at:
        raise UserError("connect.gone")
    accounts.close(session, row, now)
    _record(session, member, "disconnected", title, now)
    return accounts.still_asked(session, row)


def _record(session: Session, member: Member, what: str, title: str, now: datetime) -> None:
    merchant_id, by = member.merchant.id or 0, member.person.id
    others = [owner for owner in people.owners(session, merchant_id) if owner != by]
    deeds.record(session, merchant_id, at=now, by=f"person:{by}", what=what, about=title, tell=others)

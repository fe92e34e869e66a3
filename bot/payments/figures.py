"""The figures of a period: what came, went, failed and cost, each currency on a page of its own."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from bot.payments.accounts import Accounts
from bot.payments.periods import Period
from bot.payments.policy import OUT
from providers.messages import Kind
from storage import figures
from storage.engine import Storage
from storage.figures import Standing, Sum, Waited
from storage.models import Merchant
from storage.states import State


@dataclass(frozen=True, slots=True)
class Flow:
    """Payments that ended in one direction; `amount` is of those that succeeded, in minor units."""

    count: int = 0
    failed: int = 0
    amount: int = 0

    def __add__(self, other: "Flow") -> "Flow":
        return Flow(self.count + other.count, self.failed + other.failed, self.amount + other.amount)

    @property
    def ended(self) -> int:
        return self.count + self.failed

    @property
    def success(self) -> float | None:
        return self.count / self.ended if self.ended else None


@dataclass(frozen=True, slots=True)
class Bar:
    """What came, went and was given back from `start` until the next one's."""

    start: datetime
    came: int = 0
    went: int = 0
    back: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """One operator's, or one system's, part of it. `name` is empty where nobody knows."""

    name: str
    came: Flow
    went: Flow

    @property
    def moved(self) -> int:
        return self.came.amount + self.went.amount


@dataclass(frozen=True, slots=True)
class Page:
    """One currency. `went` is without refunds, which are `back`. `fees` are what the merchant bore; `untold` counts the
    payments whose fee is not known.
    """

    currency: str
    bars: Sequence[Bar]
    came: Flow
    went: Flow
    back: Flow
    fees: int
    untold: int
    operators: Sequence[Share]
    systems: Sequence[Share]
    waited: Waited | None = None

    @property
    def net(self) -> int:
        return self.came.amount - self.went.amount - self.back.amount - self.fees


@dataclass(frozen=True, slots=True)
class Report:
    """`own`: of one person's payments only. `standing` is what has not ended, now and not then."""

    merchant: Merchant
    period: Period
    own: bool
    pages: Sequence[Page]
    standing: Sequence[Standing]


class Figures:
    def __init__(self, storage: Storage, accounts: Accounts) -> None:
        self._storage = storage
        self._accounts = accounts

    async def report(self, merchant: Merchant, period: Period, asker_id: int | None = None) -> Report:
        """Of everybody's payments, or one asker's."""
        bounds = period.bounds(merchant.timezone)
        sums, waited, standing = await self._storage.run(_read, merchant.id or 0, bounds, asker_id)
        house = merchant.id or 0
        pages = pages_of(sums, waited, bounds, self._payee_bears(house))
        titled = [replace(page, systems=self._titled(house, page.systems)) for page in pages]
        return Report(merchant, period, asker_id is not None, titled, standing)

    def _titled(self, merchant_id: int, systems: Sequence[Share]) -> list[Share]:
        known = {provider.name: provider.sheet.title for provider in self._accounts.of(merchant_id)}
        return [replace(one, name=known.get(one.name, one.name)) for one in systems]

    def _payee_bears(self, merchant_id: int) -> set[tuple[str, str]]:
        return {(one.name, kind) for one in self._accounts.of(merchant_id) for kind in one.sheet.payee_bears}


def _read(
    session: Session, merchant_id: int, bounds: Sequence[datetime], asker_id: int | None
) -> tuple[Sequence[Sum], dict[str, Waited], Sequence[Standing]]:
    return (
        figures.ended(session, merchant_id, bounds, asker_id=asker_id),
        figures.waited(session, merchant_id, bounds, asker_id=asker_id),
        figures.standing(session, merchant_id, asker_id=asker_id),
    )


def pages_of(
    sums: Sequence[Sum],
    waited: dict[str, Waited],
    bounds: Sequence[datetime],
    payee_bears: set[tuple[str, str]],
) -> list[Page]:
    """The currency that moved most often first."""
    by_currency: dict[str, list[Sum]] = {}
    for one in sums:
        by_currency.setdefault(one.currency, []).append(one)
    pages = [_page(currency, its, bounds, payee_bears, waited) for currency, its in by_currency.items()]
    return sorted(pages, key=lambda page: (-page.came.ended - page.went.ended, page.currency))


def _page(
    currency: str,
    sums: Sequence[Sum],
    bounds: Sequence[datetime],
    payee_bears: set[tuple[str, str]],
    waited: dict[str, Waited],
) -> Page:
    """A transfer between the merchant's own wallets neither comes nor goes; what it cost is counted."""
    done = [one for one in sums if one.state is State.SUCCEEDED]
    ours = [one for one in done if (one.provider, one.kind) not in payee_bears]
    return Page(
        currency=currency,
        bars=_bars(done, bounds),
        came=_flow(sums, _comes),
        went=_flow(sums, _goes),
        back=_flow(sums, _goes_back),
        fees=sum(one.fees for one in ours),
        untold=sum(one.untold for one in ours),
        operators=_shares(sums, lambda one: one.operator),
        systems=_shares(sums, lambda one: one.provider),
        waited=waited.get(currency),
    )


def _comes(one: Sum) -> bool:
    return one.kind == Kind.COLLECTION


def _goes(one: Sum) -> bool:
    return one.kind in OUT and one.kind != Kind.REFUND


def _goes_back(one: Sum) -> bool:
    return one.kind == Kind.REFUND


def _bars(done: Iterable[Sum], bounds: Sequence[datetime]) -> list[Bar]:
    bars = [Bar(start) for start in bounds[:-1]]
    for one in done:
        bar = bars[one.slot]
        if _comes(one):
            bars[one.slot] = replace(bar, came=bar.came + one.amount)
        elif _goes(one):
            bars[one.slot] = replace(bar, went=bar.went + one.amount)
        elif _goes_back(one):
            bars[one.slot] = replace(bar, back=bar.back + one.amount)
    return bars


def _flow(sums: Iterable[Sum], wanted: Callable[[Sum], bool]) -> Flow:
    flow = Flow()
    for one in filter(wanted, sums):
        succeeded = one.state is State.SUCCEEDED
        flow += Flow(one.count, 0, one.amount) if succeeded else Flow(failed=one.count)
    return flow


def _shares(sums: Sequence[Sum], name_of: Callable[[Sum], str]) -> list[Share]:
    """The one that moved most first."""
    by_name: dict[str, list[Sum]] = {}
    for one in sums:
        by_name.setdefault(name_of(one), []).append(one)
    shares = [Share(name, _flow(its, _comes), _flow(its, _goes)) for name, its in by_name.items()]
    return sorted((one for one in shares if one.came.ended or one.went.ended), key=lambda one: (-one.moved, one.name))

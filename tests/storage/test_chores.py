from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from sqlmodel import Session, col, select

from storage import chores
from storage.engine import Storage
from storage.models import Chore
from storage.people import HOUSE
from tests.books import NOON, OTHER_MERCHANT

DAY = date(2026, 11, 19)
LEASE = timedelta(minutes=20)


def take(
    storage: Storage, *, minutes: float = 0, merchant: int = HOUSE, name: str = "sweep", day: date = DAY
) -> int | None:
    now = NOON + timedelta(minutes=minutes)
    return storage.transact(chores.take, merchant, name, day, now=now, lease=LEASE)


def test_of_many_at_once_one_takes_it(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(storage), range(16)))
    assert [number for number in taken if number is not None] == [1]


def test_each_merchant_day_and_name_is_one_of_its_own(storage: Storage) -> None:
    assert take(storage) == 1
    assert take(storage, merchant=OTHER_MERCHANT) == 1
    assert take(storage, name="another") == 1
    assert take(storage, day=DAY + timedelta(days=1)) == 1


def test_what_was_begun_and_not_done_is_taken_over_when_its_lease_is_over(storage: Storage) -> None:
    assert take(storage) == 1
    assert take(storage, minutes=19) is None
    assert take(storage, minutes=20) == 2
    assert take(storage, minutes=21) is None


def test_what_is_done_is_not_done_again(storage: Storage) -> None:
    take(storage)
    storage.transact(chores.done, HOUSE, "sweep", DAY)
    assert take(storage, minutes=1000) is None


def test_old_ones_go(storage: Storage) -> None:
    take(storage)
    take(storage, day=DAY + timedelta(days=1))
    storage.transact(chores.clear, DAY + timedelta(days=1))

    def days(session: Session) -> list[date]:
        return list(session.exec(select(col(Chore.day))).all())

    assert storage.transact(days) == [DAY + timedelta(days=1)]


def test_every_merchant_has_its_rounds(storage: Storage) -> None:
    assert [one.id for one in storage.transact(chores.merchants)] == [HOUSE, OTHER_MERCHANT]

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import chain

from sqlmodel import col, select

from storage import heard
from storage.engine import Storage
from storage.heard import Said
from storage.models import Heard
from tests.books import NOON

LEASE = timedelta(seconds=10)


def keep(storage: Storage, *news: tuple[int, int | None]) -> None:
    storage.transact(heard.keep, [Said(number, chat, f'{{"update_id": {number}}}') for number, chat in news], NOON)


def claim(storage: Storage, *, seconds: float = 0, limit: int = 100) -> list[int]:
    now = NOON + timedelta(seconds=seconds)
    return [one.update_id for one in storage.transact(heard.claim, now=now, lease=LEASE, limit=limit)]


def test_each_chat_has_its_order_and_waits_for_no_other(storage: Storage) -> None:
    keep(storage, (3, 8), (1, 7), (2, 7), (4, None), (5, None), (6, 8))
    assert claim(storage) == [1, 3, 4, 5]
    storage.transact(heard.end, [1, 4])
    assert claim(storage) == [2]
    assert claim(storage) == []


def test_no_more_are_claimed_than_there_are_hands(storage: Storage) -> None:
    keep(storage, *((number, None) for number in range(5)))
    assert claim(storage, limit=2) == [0, 1]
    assert claim(storage, limit=0) == []


def test_what_is_told_again_is_kept_once_before_and_after_it_was_worked(storage: Storage) -> None:
    keep(storage, (1, 7), (1, 7))
    keep(storage, (1, 7), (2, 7))
    assert claim(storage) == [1]
    storage.transact(heard.end, [1])
    keep(storage, (1, 7))
    assert claim(storage) == [2]


def test_of_many_who_are_told_the_same_one_works_it(storage: Storage) -> None:
    def told(_: int) -> list[int]:
        keep(storage, (1, 7))
        return claim(storage)

    with ThreadPoolExecutor(8) as pool:
        assert list(chain.from_iterable(pool.map(told, range(16)))) == [1]


def test_what_nobody_holds_any_more_is_claimed_again_before_what_came_later(storage: Storage) -> None:
    keep(storage, (1, 7), (2, 7))
    assert claim(storage) == [1]
    storage.transact(heard.hold, [1], NOON + timedelta(seconds=15))
    assert claim(storage, seconds=14) == []
    again = storage.transact(heard.claim, now=NOON + timedelta(seconds=16), lease=LEASE, limit=9)
    assert [(one.update_id, one.tries) for one in again] == [(1, 2)]


def test_what_is_postponed_holds_its_chat_and_what_is_set_aside_does_not(storage: Storage) -> None:
    keep(storage, (1, 7), (2, 7))
    claim(storage)
    storage.transact(heard.postpone, {1: NOON + timedelta(seconds=30)})
    assert claim(storage, seconds=29) == []
    storage.transact(heard.set_aside, {1: "it can't be read"})
    assert claim(storage, seconds=29) == [2]


def test_nothing_that_was_said_stays_once_it_is_worked_and_the_rest_goes_later(storage: Storage) -> None:
    keep(storage, (1, 7), (2, 8), (3, 9))
    claim(storage)
    storage.transact(heard.end, [1])
    storage.transact(heard.set_aside, {2: "it can't be read"})
    bodies = storage.transact(lambda session: list(session.exec(select(Heard.body).order_by(col(Heard.update_id)))))
    assert [bool(body) for body in bodies] == [False, True, True]
    assert storage.transact(heard.clear, NOON) == 0
    assert storage.transact(heard.clear, NOON + timedelta(days=2)) == 2
    assert storage.transact(lambda session: list(session.exec(select(Heard.update_id)))) == [3]

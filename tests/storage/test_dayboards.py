"""Who edits the board of the day, and when there is anything to edit."""

from datetime import datetime, timedelta

import pytest

from storage import dayboards, deeds, notices, people
from storage.dayboards import Behind
from storage.engine import Storage
from storage.models import Merchant
from storage.people import HOUSE
from tests.books import NOON

LEASE = timedelta(minutes=3)
GROUP, OTHER_GROUP = -5, -6


def claim(storage: Storage, now: datetime) -> list[Behind]:
    return storage.transact(dayboards.claim, now=now, lease=LEASE, limit=4)


def record(storage: Storage, at: datetime) -> None:
    storage.transact(deeds.record, HOUSE, at=at, by="person:1", what="pause")


def shown(storage: Storage, one: Behind, until: datetime, **changed: object) -> bool:
    values = {"message_id": 7, "shown": one.count} | changed
    return storage.transact(dayboards.release, one.board, until, **values)


@pytest.fixture
def house(storage: Storage) -> Storage:
    """Its first group was chosen in the chat, and something happened today."""

    def without_group(session) -> None:  # type: ignore[no-untyped-def]
        session.get_one(Merchant, HOUSE).admin_chat_id = None

    storage.transact(without_group)
    storage.transact(people.choose_group, HOUSE, GROUP)
    record(storage, NOON)
    return storage


def test_a_board_is_behind_until_it_shows_every_record_and_never_before_its_time(house: Storage) -> None:
    [first] = claim(house, NOON)
    assert (first.board.chat_id, first.board.message_id, first.at) == (GROUP, None, NOON)
    assert shown(house, first, NOON + timedelta(seconds=10))
    assert claim(house, NOON + timedelta(hours=1)) == []
    record(house, NOON)
    assert claim(house, NOON + timedelta(seconds=9)) == []
    [again] = claim(house, NOON + timedelta(seconds=10))
    assert (again.board.message_id, again.count) == (7, first.count + 1)


def test_of_two_who_look_one_has_it_and_who_lost_it_changes_nothing(house: Storage) -> None:
    [mine] = claim(house, NOON)
    assert claim(house, NOON) == []
    [theirs] = claim(house, NOON + LEASE)
    assert not shown(house, mine, NOON, message_id=1)
    assert shown(house, theirs, NOON, message_id=2)
    assert [one.message_id for one in house.transact(dayboards.of, HOUSE)] == [2]


def test_the_board_goes_where_the_group_goes(house: Storage) -> None:
    [one] = claim(house, NOON)
    shown(house, one, NOON)
    house.transact(people.choose_group, HOUSE, OTHER_GROUP)
    [one] = claim(house, NOON)
    assert (one.board.chat_id, one.board.message_id) == (OTHER_GROUP, None)
    shown(house, one, NOON + LEASE)
    house.transact(notices.follow_group, OTHER_GROUP, -1_000_000_000_006, NOON)
    [one] = claim(house, NOON)
    assert (one.board.chat_id, one.board.message_id) == (-1_000_000_000_006, None)


def test_a_new_day_ends_the_old_board_and_begins_its_own_with_its_first_record(house: Storage) -> None:
    [one] = claim(house, NOON)
    shown(house, one, NOON)
    tomorrow = NOON + timedelta(days=1)
    [old] = claim(house, tomorrow)
    assert (old.over, old.board.message_id) == (True, 7)
    house.transact(dayboards.release, old.board, None)
    assert claim(house, tomorrow) == []
    record(house, tomorrow)
    [new] = claim(house, tomorrow)
    assert (new.over, new.board.day - old.board.day) == (False, timedelta(days=1))


def test_who_switched_it_off_or_never_had_it_gets_none(storage: Storage) -> None:
    record(storage, NOON)
    assert claim(storage, NOON) == []

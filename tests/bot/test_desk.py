import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlmodel import Session
from structlog.testing import capture_logs
from telegram import Update

from bot.desk import Desk, Unreadable, said
from storage import heard
from storage.engine import Storage
from storage.models import Heard
from storage.sealing import Sealer
from tests.books import NOON, Clock, open_books, shut
from tests.shop import until

CLEAR = Sealer()


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    books = open_books(tmp_path)
    yield books
    shut(books)


class Program:
    """One instance's desk, and instead of the commands a piece of work for each update."""

    bot = None

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        work: Callable[[int], Any] = lambda _: None,
        sealer: Sealer = CLEAR,
    ) -> None:
        self.desk = Desk(cast("Any", self), storage, sealer, clock)
        self.desk.is_open = True
        self.worked: list[int] = []
        self._work = work

    async def process_update(self, update: Update) -> None:
        self.worked.append(update.update_id)
        if wait := self._work(update.update_id):
            await wait

    async def has_worked(self, *numbers: int) -> None:
        await until(lambda: self.worked == list(numbers))


def message(number: int, chat: int = 7) -> dict[str, Any]:
    place = {"id": chat, "type": "private"}
    return {"update_id": number, "message": {"message_id": number, "date": 0, "chat": place, "text": "hello"}}


async def test_each_chat_is_served_in_its_order_while_others_go_on(storage: Storage) -> None:
    turn = asyncio.Event()
    program = Program(storage, Clock(), lambda number: turn.wait() if number == 1 else None)
    await program.desk.keep([message(1), message(2), message(3, chat=8)])
    await program.has_worked(1, 3)
    turn.set()
    await program.has_worked(1, 3, 2)
    await program.desk.close()


async def test_what_one_instance_kept_is_worked_by_another_once_its_lease_is_over(storage: Storage) -> None:
    clock, never = Clock(), asyncio.Event()
    first, second = Program(storage, clock, lambda _: never.wait()), Program(storage, clock)
    await first.desk.keep([message(1), message(2)])
    await first.has_worked(1)
    clock.skip(seconds=9)
    await second.desk.tick.run()
    assert second.worked == []
    clock.skip(seconds=2)
    await second.desk.tick.run()
    await second.has_worked(1, 2)
    never.set()
    await first.desk.close()
    await second.desk.close()
    assert first.worked == [1]


async def test_what_ends_while_a_page_is_written_and_the_desk_closes_is_not_worked_again(storage: Storage) -> None:
    clock, turn = Clock(), asyncio.Event()
    first, second = Program(storage, clock, lambda _: turn.wait()), Program(storage, clock)
    await first.desk.keep([message(1)])
    await first.has_worked(1)
    writing = asyncio.create_task(first.desk.tick.run())
    await asyncio.sleep(0)
    turn.set()
    await first.desk.close()
    await writing
    clock.skip(seconds=11)
    await second.desk.tick.run()
    await second.desk.close()
    assert second.worked == []


async def test_what_comes_before_the_counter_is_open_is_kept_and_worked_once_it_is(storage: Storage) -> None:
    program = Program(storage, Clock())
    program.desk.is_open = False
    await program.desk.keep([message(1)])
    await program.desk.tick.run()
    assert program.worked == []
    await program.desk.open()
    await program.has_worked(1)
    await program.desk.close()


async def test_an_update_over_which_the_library_stumbles_comes_back(storage: Storage) -> None:
    clock = Clock()
    program = Program(storage, clock, lambda _: 1 / 0 if len(program.worked) == 1 else None)
    with capture_logs():
        await program.desk.keep([message(1)])
        await program.has_worked(1)
        await until(lambda: not program.desk.tick._running)
        clock.skip(seconds=3)
        await until(lambda: not program.desk._in_hand)
        await program.desk.tick.run()
        await program.has_worked(1, 1)
        await program.desk.close()


async def test_a_stop_ends_what_is_under_way_and_leaves_the_rest_to_the_next_start(storage: Storage) -> None:
    turn = asyncio.Event()
    first, second = Program(storage, Clock(), lambda _: turn.wait()), Program(storage, Clock())
    await first.desk.keep([message(1), message(2)])
    await first.has_worked(1)
    closing = asyncio.create_task(first.desk.close())
    await asyncio.sleep(0)
    turn.set()
    await closing
    assert first.worked == [1]
    await second.desk.tick.run()
    await second.has_worked(2)
    await second.desk.close()


async def test_work_that_takes_its_time_is_not_taken_away(storage: Storage) -> None:
    clock, turn = Clock(), asyncio.Event()
    first, second = Program(storage, clock, lambda _: turn.wait()), Program(storage, clock)
    await first.desk.keep([message(1)])
    for _ in range(4):
        clock.skip(seconds=5)
        await first.desk.tick.run()
        await second.desk.tick.run()
    assert second.worked == []
    turn.set()
    await first.desk.close()
    await second.desk.close()


async def test_what_came_to_nothing_comes_back_and_is_done_before_what_came_later(storage: Storage) -> None:
    clock = Clock()
    program = Program(storage, clock)
    program._work = lambda number: program.desk.come_back(number) if program.worked == [1] else None
    await program.desk.keep([message(1), message(2)])
    await program.has_worked(1)
    clock.skip(seconds=2)
    await until(lambda: not program.desk.tick._running)
    await program.desk.tick.run()
    await program.has_worked(1, 1, 2)
    await program.desk.close()


def _killed(storage: Storage) -> None:
    """As often as a program may die of it, and once more."""
    for minute in range(5):
        now = NOON.replace(minute=minute)
        assert storage.transact(heard.claim, now=now, lease=NOON - NOON, limit=1)


@pytest.mark.parametrize("poison", ["killed", "unreadable"])
async def test_what_cannot_be_worked_is_set_aside_and_its_chat_goes_on(storage: Storage, poison: str) -> None:
    clock = Clock(NOON.replace(hour=13))
    program = Program(storage, clock)
    unreadable = {"update_id": 1, "message": {"chat": {"id": 7}, "text": "secret"}}
    storage.transact(heard.keep, [said(message(1) if poison == "killed" else unreadable, CLEAR)], NOON)
    if poison == "killed":
        _killed(storage)
    with capture_logs() as logs:
        await program.desk.keep([message(2)])
        await program.has_worked(2)
        await program.desk.close()
    assert [(one["event"], one["update"]) for one in logs] == [("an update is set aside", 1)]
    assert "secret" not in str(logs)


async def test_what_may_hold_a_key_is_sealed_until_it_is_worked_and_gone_afterwards(storage: Storage) -> None:
    never = asyncio.Event()
    program = Program(storage, Clock(), lambda _: never.wait(), Sealer(["a-sealing-key-for-tests-0123456789"]))
    await program.desk.keep([message(1)])
    await program.has_worked(1)
    row = storage.transact(_row)
    assert (row.body, row.sealed is not None) == ("", True)
    never.set()
    await until(lambda: storage.transact(_row).due_at is None)
    assert storage.transact(_row).sealed is None
    await program.desk.close()


def _row(session: Session) -> Heard:
    return session.get_one(Heard, 1)


async def test_whoever_brings_an_update_hears_when_it_could_not_be_kept(storage: Storage) -> None:
    program = Program(storage, Clock())
    program.desk._storage = cast("Any", Away())
    with capture_logs(), pytest.raises(ConnectionError):
        await program.desk.keep([message(1)])
    program.desk._storage = storage
    await program.desk.keep([message(1)])
    await program.has_worked(1)
    await program.desk.close()


class Away:
    async def run(self, *_: Any) -> None:
        raise ConnectionError


@pytest.mark.parametrize("update", [None, [], 7, {}, {"update_id": "1"}, {"update_id": True}, {"update_id": 2**63}])
def test_what_is_no_update_is_not_kept(update: Any) -> None:
    with pytest.raises(Unreadable):
        said(update, CLEAR)


@pytest.mark.parametrize(
    ("update", "chat"),
    [
        (message(1), 7),
        ({"update_id": 1, "callback_query": {"message": {"chat": {"id": -5}}}}, -5),
        ({"update_id": 1, "callback_query": {"inline_message_id": "x"}}, None),
        ({"update_id": 1, "my_chat_member": {"chat": {"id": 9}}}, 9),
        ({"update_id": 1, "inline_query": {"from": {"id": 9}}}, None),
        ({"update_id": 1, "message": "nonsense"}, None),
        ({"update_id": 1, "message": {"chat": {"id": "7"}}}, None),
    ],
)
def test_a_chat_is_found_in_whatever_was_said(update: dict[str, Any], chat: int | None) -> None:
    assert said(update, CLEAR).chat_id == chat


def test_characters_that_no_database_takes_are_dropped() -> None:
    update = {"update_id": 5, "callback_query": {"data": "confirm:\0A", "places": [{"name": "\0"}, 7, "\\u0000"]}}
    kept = said(update, CLEAR)
    assert json.loads(kept.body)["callback_query"] == {"data": "confirm:A", "places": [{"name": ""}, 7, "\\u0000"]}

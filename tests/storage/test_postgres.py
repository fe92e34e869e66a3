"""What only a server can do to the program: many at once, and connections that are cut."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import pytest
from alembic import command
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session, col, select

from bot.errors import UserError
from bot.payments import decisions
from storage import audit, batches, chores, deeds, diary, forms, heard, notices, payments, people, policies
from storage.engine import Storage, away
from storage.heard import Said
from storage.models import Audience, Batch, Deed, Form, Notice, Payment, Policy
from storage.people import HOUSE
from storage.states import State
from storage.upgrade import migrations
from tests.books import NOON, OWNER, draft, found_books, member
from tests.databases import address_of, founded_on_server
from tests.postgres import Postgres

T = TypeVar("T")
_INSTANCES = 3


@pytest.fixture
def instances(database_url: str) -> Iterator[list[Storage]]:
    """The same empty database as three programs have it."""
    opened = [Storage(database_url) for _ in range(_INSTANCES)]
    yield opened
    for one in opened:
        one.engine.dispose()


@pytest.fixture
def books(postgres: Postgres) -> Iterator[list[Storage]]:
    """The same with the house in it."""
    url = founded_on_server(found_books)
    opened = [Storage(url) for _ in range(_INSTANCES)]
    yield opened
    for one in opened:
        one.engine.dispose()


def at_once(*works: Callable[[], T]) -> list[T]:
    """All begin together, each in a thread."""
    start = threading.Barrier(len(works))

    def wait_for_all(work: Callable[[], T]) -> T:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(wait_for_all, works))


def soon(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_three_that_start_for_the_first_time_at_once_found_one_house(instances: list[Storage]) -> None:
    def start(storage: Storage) -> None:
        storage.migrate()
        storage.transact(
            people.settle_house,
            [OWNER],
            now=NOON,
            country="CM",
            timezone="Africa/Douala",
            language="fr",
            admin_chat_id=None,
        )

    at_once(*[lambda storage=storage: start(storage) for storage in instances])
    assert instances[0].transact(people.owners, HOUSE) == [OWNER]
    joined = instances[0].transact(lambda session: session.exec(select(Deed)).all())
    assert [one.what for one in joined] == ["joined"]
    assert [one.fault for one in audit.verify(instances[0])] == [""]


def test_two_answers_at_once_to_a_question_that_nobody_had_open_are_no_error(books: list[Storage]) -> None:
    def ask(number: int) -> Callable[[], None]:
        def put(session: Session) -> None:
            later = NOON + timedelta(minutes=1 + number)
            form = Form(chat_id=OWNER, person_id=OWNER, merchant_id=HOUSE, command="payout", answers={"n": number},
                        asking="amount", message_id=number, expires_at=later)  # fmt: skip
            forms.put(session, form)
            session.flush()
            time.sleep(0.1)

        return lambda: books[number % _INSTANCES].transact(put)

    at_once(*[ask(number) for number in range(6)])
    assert books[0].transact(forms.current, OWNER, OWNER, NOON) is not None


def test_of_three_instances_one_does_the_days_work(books: list[Storage]) -> None:
    def take(storage: Storage) -> int | None:
        return storage.transact(chores.take, HOUSE, "close", NOON.date(), now=NOON, lease=timedelta(minutes=20))

    taken = at_once(*[lambda storage=storage: take(storage) for storage in books * 3])
    assert [one for one in taken if one is not None] == [1]


def test_of_what_is_due_each_row_goes_to_one_instance_and_nobody_waits(books: list[Storage]) -> None:
    """While one still holds its rows in an open transaction, the others pass by and take the next."""
    for number in range(9):
        row = draft(state=State.QUEUED, due_at=NOON, created_at=NOON - timedelta(seconds=number))
        books[0].transact(payments.create_once, row, by="person:1")
    together = threading.Barrier(_INSTANCES)
    lease = timedelta(seconds=30)

    def claim(session: Session) -> list[list[Any]]:
        rows = [one.id for one in diary.claim_due(session, [State.QUEUED], now=NOON, lease=lease, limit=3)]
        owed = [one.id for one, *_ in notices.claim(session, Audience.ASKER, now=NOON, lease=lease, limit=3)]
        together.wait(20)  # all of them hold theirs at this moment
        return [rows, owed]

    taken = at_once(*[lambda storage=storage: storage.transact(claim) for storage in books])
    for kind in (0, 1):
        assert sorted(len(one[kind]) for one in taken) == [3, 3, 3]
        assert len({name for one in taken for name in one[kind]}) == 9


def test_payouts_confirmed_at_once_over_three_instances_never_pass_a_limit_by_one_franc(books: list[Storage]) -> None:
    rule = Policy(merchant_id=HOUSE, currency="XAF", approval_from=None, per_payout=None, per_person=1000)
    books[0].transact(policies.save, rule)
    owner = member(books[0], OWNER)
    drafts = []
    for number in range(12):
        payout = draft(kind="payout", amount=300 + number, msisdn=f"2376777777{number:02}")
        drafts.append(books[0].transact(decisions.enter, payout, owner))

    def confirm(number: int) -> str:
        storage = books[number % _INSTANCES]
        try:
            storage.transact(decisions.confirm, owner, drafts[number].id, NOON, decisions.PLAIN)
        except UserError as error:
            return error.key
        return "let go"

    answers = at_once(*[lambda number=number: confirm(number) for number in range(12)])
    gone = books[0].transact(lambda session: session.exec(select(Payment).where(Payment.state == State.QUEUED)).all())
    assert len(gone) == 3
    assert sorted(answers) == ["let go"] * 3 + ["limit.per_person"] * 9
    assert sum(payment.amount for payment in gone) <= 1000


def test_a_transaction_whose_connection_was_cut_before_it_ended_is_done_again(
    books: list[Storage], postgres: Postgres
) -> None:
    cut = False

    def greet(session: Session) -> None:
        people.person(session, OWNER)
        nonlocal cut
        if not cut:
            cut = True
            postgres.stop()
            postgres.start()
        people.choose_language(session, OWNER, "en")

    books[0].transact(greet)
    person = books[1].transact(people.person, OWNER)
    assert person
    assert person.language == "en"


async def test_what_must_not_be_lost_waits_for_a_server_that_is_away(books: list[Storage], postgres: Postgres) -> None:
    postgres.stop()
    back = threading.Timer(3.5, postgres.start)
    back.start()
    try:
        await books[0].insist(people.choose_language, OWNER, "en")
    finally:
        back.join()
    person = books[1].transact(people.person, OWNER)
    assert person
    assert person.language == "en"


def test_a_server_that_stays_away_is_named_in_one_line(books: list[Storage], postgres: Postgres) -> None:
    postgres.stop()
    try:
        with pytest.raises(OperationalError) as caught:
            books[0].transact(people.owners, HOUSE)
    finally:
        postgres.start()
    assert away(caught.value)
    assert "\n" not in away(caught.value)


def test_an_error_does_not_tell_what_was_in_the_row(books: list[Storage]) -> None:
    def break_a_rule(session: Session) -> None:
        session.add(draft(extras={"otp": "123456"}, description="Awa", amount=-1))

    with pytest.raises(DBAPIError, match="ck_amount") as caught:
        books[0].transact(break_a_rule)
    said = f"{caught.value} {caught.value.orig} {caught.value.__cause__}"
    assert not [secret for secret in ("123456", "Awa") if secret in said]


def test_a_turn_is_one_instances_until_it_dies(books: list[Storage]) -> None:
    first, second = (storage.turn("messages") for storage in books[:2])
    assert first
    assert second
    assert first.take()
    assert not second.take()
    assert first.take()
    first.leave()
    soon(second.take)  # once the server has noticed that the connection is closed
    assert not first.take()
    second.leave()


def test_a_turn_is_nobodys_after_the_server_was_away(books: list[Storage], postgres: Postgres) -> None:
    first, second = (storage.turn("messages") for storage in books[:2])
    assert first
    assert second
    assert first.take()
    postgres.stop()
    postgres.start()
    with pytest.raises(DBAPIError):
        first.take()
    assert second.take()
    second.leave()


def test_a_notice_in_hand_is_nobody_elses_however_long_it_waits(books: list[Storage]) -> None:
    lease = timedelta(seconds=20)
    payment = books[0].transact(lambda session: payments.create_once(session, draft(), by="person:1")[0])
    mine = books[0].transact(notices.claim, Audience.ASKER, now=NOON, lease=lease, limit=9)
    assert [one[0].payment_id for one in mine] == [payment.id]
    for seconds in (15, 30, 45):
        books[0].transact(notices.keep, [mine[0][0].id], now=NOON + timedelta(seconds=seconds), lease=lease)
    later = NOON + timedelta(seconds=60)
    assert books[1].transact(notices.claim, Audience.ASKER, now=later, lease=lease, limit=9) == []
    books[0].transact(notices.delivered, mine[0][0], 17, later)
    books[0].transact(notices.keep, [mine[0][0].id], now=later, lease=lease)
    owed = books[1].transact(lambda session: session.exec(select(Notice).where(col(Notice.due_at).is_not(None))).all())
    assert [one.audience for one in owed if one.audience is Audience.ASKER] == []


def test_records_of_many_at_once_stay_one_whole_chain(books: list[Storage]) -> None:
    def record(number: int) -> None:
        storage = books[number % _INSTANCES]
        for turn in range(5):
            storage.transact(deeds.record, HOUSE, at=NOON, by=f"person:{number}", what="test", about=str(turn))

    at_once(*[lambda number=number: record(number) for number in range(9)])
    verdicts = {one.merchant_id: one for one in audit.verify(books[0])}
    assert not verdicts[HOUSE].fault
    assert verdicts[HOUSE].checked >= 45


def test_a_statement_that_lasts_too_long_is_cut_off_and_leaves_nothing(books: list[Storage]) -> None:
    tries = 0

    def linger(session: Session) -> None:
        nonlocal tries
        tries += 1
        people.choose_language(session, OWNER, "en")
        session.connection().exec_driver_sql("SET LOCAL statement_timeout = '50ms'")
        session.connection().exec_driver_sql("SELECT pg_sleep(30)")

    with pytest.raises(OperationalError) as caught:
        books[0].transact(linger)
    assert "statement timeout" in away(caught.value)
    assert tries == 1
    person = books[1].transact(people.person, OWNER)
    assert person
    assert person.language is None


async def test_what_must_not_be_lost_outlasts_a_statement_that_was_cut_off(books: list[Storage]) -> None:
    tries = 0

    def slow_once(session: Session) -> None:
        nonlocal tries
        tries += 1
        people.choose_language(session, OWNER, "en")
        if tries == 1:
            session.connection().exec_driver_sql("SET LOCAL statement_timeout = '50ms'")
            session.connection().exec_driver_sql("SELECT pg_sleep(30)")

    await books[0].insist(slow_once)
    person = books[1].transact(people.person, OWNER)
    assert person
    assert (person.language, tries) == ("en", 2)


def test_who_waits_for_a_row_too_long_lets_go_and_tries_again(books: list[Storage]) -> None:
    payment = books[0].transact(lambda session: payments.create_once(session, draft(), by="person:1")[0])
    holding, release, tries = threading.Event(), threading.Event(), 0

    def hold(session: Session) -> None:
        payments.get(session, HOUSE, payment.id, lock=True)
        holding.set()
        release.wait(20)

    def want(session: Session) -> str:
        nonlocal tries
        tries += 1
        if tries == 2:
            release.set()
        session.connection().exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        found = payments.get(session, HOUSE, payment.id, lock=True)
        return found.id if found else ""

    with ThreadPoolExecutor(1) as other:
        other.submit(books[0].transact, hold)
        holding.wait(20)
        assert books[1].transact(want) == payment.id
    assert tries >= 2


def test_a_transaction_that_stands_still_is_ended_and_done_again(books: list[Storage]) -> None:
    """A program that was suspended in the middle must not keep everybody from its rows."""
    tries = 0

    def stand_still(session: Session) -> None:
        nonlocal tries
        tries += 1
        people.choose_language(session, OWNER, "en")
        session.flush()
        if tries == 1:
            session.connection().exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
            time.sleep(0.5)
        people.owners(session, HOUSE)

    books[0].transact(stand_still)
    person = books[1].transact(people.person, OWNER)
    assert person
    assert (person.language, tries) == ("en", 2)


def test_every_connection_has_its_time_outs_and_the_address_may_set_others(books: list[Storage]) -> None:
    def limits(storage: Storage) -> list[Any]:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        return storage.transact(lambda session: [session.scalar(sql(f"SHOW {name}")) for name in names])

    assert limits(books[0]) == ["30s", "5s", "1min"]
    patient = Storage(f"{address_of(books[0])}&options=-c%20statement_timeout%3D90s")
    assert limits(patient) == ["90s", "5s", "1min"]
    patient.engine.dispose()


def test_a_migration_that_waits_for_a_table_does_not_keep_others_from_it(books: list[Storage]) -> None:
    """Behind one that waits, everybody else would queue: a long report must not stop the counter."""
    config = migrations()
    with books[0].engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0014")  # the next one changes the merchants' table
        connection.commit()
    reading, release, waited = threading.Event(), threading.Event(), []

    def read(session: Session) -> None:
        session.connection().exec_driver_sql("SELECT count(*) FROM merchant")
        reading.set()
        release.wait(60)

    def look(session: Session) -> None:
        session.connection().exec_driver_sql("SELECT count(*) FROM merchant")

    with ThreadPoolExecutor(2) as others:
        others.submit(books[1].transact, read)
        reading.wait(60)
        migrating = others.submit(books[0].migrate)
        for _ in range(4):
            began = time.monotonic()
            books[2].transact(look)
            waited.append(time.monotonic() - began)
            time.sleep(0.5)
        assert not migrating.done()
        release.set()
        migrating.result(60)
    assert max(waited) < 30
    books[0].must_be_current()


def test_a_sheet_and_one_of_its_lines_do_not_wait_for_each_other_in_a_circle(books: list[Storage]) -> None:
    """Whoever has a line wants the sheet's notice next; whoever answers for all lines has both in the other order."""
    sheet = Batch(id="B", merchant_id=HOUSE, intent="1:B", title="x", asker_id=OWNER, chat_id=OWNER, created_at=NOON)
    rows = [draft(kind="payout", intent=f"B:{line}", line=line, due_at=NOON) for line in range(2)]
    books[0].transact(batches.create_once, sheet, rows, by="person:1")

    def leave(session: Session) -> None:
        batches.move_lines(session, sheet, [State.DRAFT], State.QUEUED, at=NOON, by="person:1", due_at=NOON)
        for line in batches.lines(session, sheet.id):
            payments.move(session, line, State.SENDING, at=NOON, by="dispatch", due_at=NOON)

    books[0].transact(leave)
    first, last = books[0].transact(batches.lines, sheet.id)
    held, tries = threading.Event(), Counter[str]()

    def of_one(session: Session) -> None:
        tries["one"] += 1
        line = payments.get(session, HOUSE, last.id, lock=True)
        held.set()
        soon(lambda: books[2].transact(somebody_waits))
        assert line
        payments.move(session, line, State.UNKNOWN, at=NOON, by="poll", due_at=NOON)

    def of_all(session: Session) -> None:
        tries["all"] += 1
        payments.hold(session, [first.id, last.id])
        for line in (first, last):
            payments.move(session, line, State.FAILED, at=NOON, by="reply")

    with ThreadPoolExecutor(2) as others:
        one = others.submit(books[0].transact, of_one)
        assert held.wait(60)
        others.submit(books[1].transact, of_all).result(60)
        one.result(60)
    assert tries == {"one": 1, "all": 1}
    assert [line.state for line in books[0].transact(batches.lines, sheet.id)] == [State.FAILED, State.UNKNOWN]


def somebody_waits(session: Session) -> bool:
    wanted = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return bool(session.execute(sql(wanted)).scalar_one())


def test_each_update_is_worked_once_and_in_its_chats_order_by_whichever_instance(books: list[Storage]) -> None:
    news = [Said(number, number % 6, "{}") for number in range(60)]
    worked: list[int] = []

    def work(storage: Storage) -> None:
        storage.transact(heard.keep, news, NOON)
        while len(worked) < len(news):
            claimed = storage.transact(heard.claim, now=NOON, lease=timedelta(minutes=1), limit=2)
            worked.extend(one.update_id for one in claimed)
            storage.transact(heard.end, [one.update_id for one in claimed])

    at_once(*(partial(work, storage) for storage in books))
    assert sorted(worked) == [one.update_id for one in news]
    for chat in range(6):
        of_it = [number for number in worked if number % 6 == chat]
        assert of_it == sorted(of_it)

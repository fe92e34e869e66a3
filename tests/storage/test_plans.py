"""What is claimed again and again is found by an index of live rows alone, however many finished ones lie about.

A plan that reads the finished rows is no slower in any other test: there are none.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, SQLModel

from bot.payments.dispatch import LEASE
from storage import batches, dayboards, deeds, diary, heard, inbound, looks, notices, payments, schedules
from storage.engine import Storage
from storage.models import Audience, Batch, Dayboard, Heard, Inbound, Notice, Plan, Schedule
from storage.people import HOUSE
from storage.states import IN_FLIGHT, MAY_BE_CONTRADICTED, UNDECIDED, State
from tests.books import NOON, OWNER, draft, found_books
from tests.databases import ON_POSTGRES, founded_in, founded_on_server

FINISHED = 5_000
LIVE = 20
GROUPED = batches.in_groups(["scripted"], ["refused"])
_COPIES = {
    "payment": ("id", "intent"),
    "notice": ("id", "payment_id"),
    "letter": ("id",),
    "inbound": ("id", "digest"),
    "schedule": ("id", "intent"),
    "dayboard": ("day",),
    "heard": ("update_id",),
}
"""What each copy of a row has of its own."""


def _made(storage: Storage) -> None:
    found_books(storage)
    storage.transact(_finish_one_of_each)
    for table, own in _COPIES.items():
        with storage.engine.begin() as connection:
            connection.exec_driver_sql(_copies(table, own, connection.dialect.name))
    storage.transact(_leave_some)
    if storage.engine.dialect.name == "postgresql":
        with storage.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")  # as the server does by itself


def _finish_one_of_each(session: Session) -> None:
    batch = Batch(id="B", merchant_id=HOUSE, intent="b", title="b", asker_id=OWNER, chat_id=OWNER, created_at=NOON)
    batches.create_once(session, batch, [draft(id="X", state=State.SUCCEEDED, line=1, version=3)], by="person:1")
    session.add(Notice(merchant_id=HOUSE, payment_id="X", audience=Audience.ASKER, chat_id=1, message_id=7))
    deeds.record(session, HOUSE, at=NOON, by="person:1", what="pause", tell=[OWNER])
    [(letter, *_)] = deeds.claim(session, now=NOON, lease=LEASE, limit=9)
    deeds.delivered(session, letter)
    session.add(_callback("d", "X"))
    session.add(_schedule("S", Plan.ENDED))
    session.add(Dayboard(merchant_id=HOUSE, day=date(1900, 1, 1), chat_id=1))
    session.add(Heard(update_id=1, chat_id=1, body="", received_at=NOON))


def _callback(digest: str, payment: str | None) -> Inbound:
    names: dict[str, Any] = {"digest": digest, "reference": f"R{digest}", "key": "", "word": "paid"}
    return Inbound(merchant_id=HOUSE, provider="scripted", received_at=NOON, payment_id=payment, **names)


def _schedule(name: str, state: Plan, **more: Any) -> Schedule:
    plain = draft().model_dump(include={"kind", "amount", "currency", "msisdn", "country", "operator", "description"})
    people: dict[str, Any] = {"merchant_id": HOUSE, "asker_id": OWNER, "chat_id": OWNER, "created_at": NOON}
    return Schedule(id=name, intent=name, state=state, **plain, **people, **more)


def _copies(table: str, own: tuple[str, ...], dialect: str) -> str:
    columns = [column.name for column in SQLModel.metadata.tables[table].columns]
    number = "CAST(1000 + i AS text)"
    of_its_own = {"id": f"'F' || {number}", "intent": f"'f' || {number}", "digest": f"'f' || {number}"}
    of_its_own["payment_id"] = f"'F' || {number}"
    of_its_own["day"] = (
        "date '1950-01-01' + i" if dialect == "postgresql" else "date('1950-01-01', '+' || i || ' days')"
    )
    of_its_own["update_id"] = "1000 + i"
    if table in {"notice", "letter", "inbound"}:
        of_its_own["id"] = "1000 + i"
    values = ", ".join(of_its_own[name] if name in own else f'"{name}"' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    series = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {FINISHED})"
    one = {"payment": "WHERE id = 'X'", "notice": "WHERE payment_id = 'X'"}.get(table, "")
    return f"INSERT INTO {table} ({names}) {series} SELECT {values} FROM {table}, n {one}"


def _leave_some(session: Session) -> None:
    for number in range(LIVE):
        for state in (State.QUEUED, State.DRAFT, State.PENDING):
            payments.create_once(session, draft(state=state, due_at=NOON), by="person:1")
        batch = Batch(
            id=f"B{number}", merchant_id=HOUSE, intent=f"b{number}", title="b", asker_id=OWNER, chat_id=OWNER,
            created_at=NOON,
        )  # fmt: skip
        lines = [draft(id=f"L{number}-{line}", state=State.QUEUED, due_at=NOON, line=line) for line in range(3)]
        batches.create_once(session, batch, lines, by="person:1")
        deeds.record(session, HOUSE, at=NOON, by="person:1", what="pause", about=str(number), tell=[OWNER])
        session.add(_schedule(f"T{number}", Plan.ACTIVE, due_at=NOON))
        session.add(Heard(update_id=10**6 + number, chat_id=number % 7, body="{}", received_at=NOON, due_at=NOON))
    session.add(_callback("e", None))


@pytest.fixture(scope="module", params=["postgresql"] if ON_POSTGRES else ["sqlite", "postgresql"])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    if request.param == "postgresql":
        request.getfixturevalue("postgres")
        storage = Storage(founded_on_server(_made))
    else:
        storage = Storage(founded_in(tmp_path_factory.mktemp("full"), _made))
    yield storage
    storage.engine.dispose()


def due(among: frozenset[State]) -> Callable[[Session], Any]:
    return lambda session: diary.claim_due(session, among, now=NOON, lease=LEASE, limit=5)


def owed_to(audience: Audience) -> Callable[[Session], Any]:
    return lambda session: notices.claim(session, audience, now=NOON, lease=LEASE, limit=5)


def single(session: Session) -> Any:
    return diary.claim_due(session, [State.QUEUED], now=NOON, lease=LEASE, limit=5, without=GROUPED)


def group(session: Session) -> Any:
    return batches.claim_group(session, GROUPED, now=NOON, lease=LEASE, most=lambda *_: 5)


def scarce(session: Session) -> Any:
    among = IN_FLIGHT | MAY_BE_CONTRADICTED
    return looks.claim_soonest(session, among, (HOUSE, "scripted"), now=NOON, lease=LEASE, limit=5)


def elsewhere(session: Session) -> Any:
    without = looks.of_accounts([(HOUSE, "scripted"), (HOUSE, "second")])
    among = IN_FLIGHT | MAY_BE_CONTRADICTED
    return diary.claim_due(session, among, now=NOON, lease=LEASE, limit=5, without=without)


CLAIMS: dict[str, tuple[Callable[[Session], Any], set[str]]] = {
    "to be sent alone": (single, {"ix_payment_due"}),
    "to be sent together": (group, {"ix_payment_due", "ix_payment_batch"}),
    "to be asked about": (due(IN_FLIGHT | MAY_BE_CONTRADICTED), {"ix_payment_due"}),
    "to be asked about where looks are scarce": (scarce, {"ix_payment_due"}),
    "to be asked about elsewhere": (elsewhere, {"ix_payment_due"}),
    "open, by age": (lambda session: looks.standing(session, [NOON]), {"ix_payment_due"}),
    "to be let go": (due(UNDECIDED), {"ix_payment_due"}),
    "cards": (owed_to(Audience.ASKER), {"ix_notice_due"}),
    "the group's lines": (owed_to(Audience.GROUP), {"ix_notice_due"}),
    "letters": (lambda session: deeds.claim(session, now=NOON, lease=LEASE, limit=5), {"ix_letter_due"}),
    "schedules": (lambda session: schedules.due(session, NOON, 5), {"ix_schedule_due"}),
    "boards": (lambda session: dayboards.claim(session, now=NOON, lease=LEASE, limit=5), {"ix_dayboard_due"}),
    "updates": (lambda session: heard.claim(session, now=NOON, lease=LEASE, limit=5), {"ix_heard_due"}),
    "callbacks": (lambda session: inbound.keep_once(session, _callback("g", None)), {"digest", "autoindex_inbound"}),
    "stray callbacks": (lambda session: inbound.strays(session, HOUSE, "scripted", "Re"), {"ix_inbound_reference"}),
}


@pytest.mark.parametrize("what", CLAIMS)
def test_what_is_due_is_found_without_a_look_at_what_is_finished(full: Storage, what: str) -> None:
    claim, indexes = CLAIMS[what]
    plans = plans_of(full, claim)
    assert plans
    assert not [plan for plan in plans if reads_all(plan)]
    found = set(re.findall(r"(?:INDEX|using|on) (\w+)", plans[0]))
    assert any(index in name for index in indexes for name in found), plans[0]


def reads_all(plan: str) -> bool:
    """Whether a table with finished rows is read from end to end, by itself or along an index that holds them all."""
    tables = "|".join(_COPIES)
    return bool(re.search(rf"Seq Scan on ({tables})\b|SCAN ({tables})\b(?! USING (COVERING )?INDEX \w+_due)", plan))


def plans_of(storage: Storage, work: Callable[[Session], Any]) -> list[str]:
    """How the database goes about each statement that looks for rows."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            seen.append((statement, parameters))

    event.listen(storage.engine, "before_cursor_execute", note)
    try:
        with Session(storage.engine) as session:
            work(session)
            session.rollback()
    finally:
        event.remove(storage.engine, "before_cursor_execute", note)
    explain = "EXPLAIN" if storage.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    plans = []
    with storage.engine.connect() as connection:
        for statement, parameters in seen:
            rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
            plans.append("\n".join(str(row[-1]) for row in rows))
    return plans


def test_a_claim_that_an_index_does_not_serve_is_noticed(full: Storage) -> None:
    def by_reason(session: Session) -> None:
        session.connection().exec_driver_sql("SELECT id FROM payment WHERE reason = 'x'")

    assert [reads_all(plan) for plan in plans_of(full, by_reason)] == [True]

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select, update
from sqlalchemy.exc import StatementError
from sqlmodel import Session, SQLModel

from storage import sealing
from storage.engine import Storage
from storage.sealing import NoKey, Sealed, Sealer, WrongKey
from tests.databases import blank_in

OLD, NEW = "the-old-key-0123456789-abcdefghijkl", "the-new-key-0123456789-abcdefghijkl"
SECRET = "JBSWY3DPEHPK3PXP"

TABLES = MetaData()
SAFE = Table(
    "safe",
    TABLES,
    Column("shop", Integer, primary_key=True),
    Column("person", Integer, primary_key=True),
    Column("name", Text),
    Column("factor", Sealed, nullable=True),
)


@pytest.fixture
def safe(tmp_path: Path) -> Iterator[Storage]:
    storage = Storage(blank_in(tmp_path))
    TABLES.create_all(storage.engine)
    yield storage
    storage.engine.dispose()


def put(storage: Storage, person: int, factor: str | None) -> None:
    storage.transact(lambda session: session.execute(insert(SAFE).values(shop=1, person=person, factor=factor)))


def kept(storage: Storage) -> list[str | None]:
    def read(session: Session) -> list[str | None]:
        return list(session.scalars(select(SAFE.c.factor).order_by(SAFE.c.person)))

    return storage.transact(read)


def test_what_was_sealed_is_opened_and_does_not_show_itself() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal(SECRET)
    assert SECRET not in sealed
    assert sealer.seal(SECRET) != sealed
    assert sealer.open(sealed) == SECRET


def test_another_key_a_changed_letter_or_clear_text_open_nothing() -> None:
    sealed = Sealer([OLD]).seal(SECRET)
    middle = len(sealed) // 2
    changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    for sealer, text in ((Sealer([NEW]), sealed), (Sealer([OLD]), changed), (Sealer([OLD]), SECRET)):
        with pytest.raises(WrongKey):
            sealer.open(text)


def test_every_key_opens_and_the_first_one_seals() -> None:
    both = Sealer([NEW, OLD])
    assert both.open(Sealer([OLD]).seal(SECRET)) == SECRET
    assert Sealer([NEW]).open(both.seal(SECRET)) == SECRET


def test_without_a_key_nothing_is_sealed_or_opened() -> None:
    with pytest.raises(NoKey):
        Sealer().seal(SECRET)
    with pytest.raises(NoKey):
        Sealer([]).open(Sealer([OLD]).seal(SECRET))


def test_clear_text_does_not_get_into_a_sealed_column(safe: Storage) -> None:
    with pytest.raises(StatementError, match="clear text"):
        put(safe, 1, SECRET)
    assert kept(safe) == []


def test_a_start_is_refused_where_one_sealed_value_does_not_open(safe: Storage) -> None:
    safe.transact(sealing.prove, Sealer(), TABLES)  # nothing is sealed, so no key is needed
    put(safe, 1, Sealer([OLD]).seal(SECRET))
    put(safe, 2, None)
    safe.transact(sealing.prove, Sealer([OLD]), TABLES)
    safe.transact(sealing.prove, Sealer([NEW, OLD]), TABLES)
    put(safe, 3, Sealer([NEW]).seal(SECRET))
    with pytest.raises(WrongKey, match=r"does not open safe\.factor"):
        safe.transact(sealing.prove, Sealer([OLD]), TABLES)
    with pytest.raises(NoKey, match=r"is missing: safe\.factor"):
        safe.transact(sealing.prove, Sealer(), TABLES)


def test_after_a_rotation_the_new_key_alone_opens_everything(safe: Storage) -> None:
    for person in range(1, 6):
        put(safe, person, Sealer([OLD]).seal(f"{SECRET}{person}"))
    put(safe, 6, None)
    assert safe.transact(sealing.reseal, Sealer([NEW, OLD]), TABLES) == 5
    opened = [Sealer([NEW]).open(factor) for factor in kept(safe) if factor]
    assert opened == [f"{SECRET}{person}" for person in range(1, 6)]
    with pytest.raises(WrongKey):
        safe.transact(sealing.prove, Sealer([OLD]), TABLES)


def test_a_rotation_that_meets_what_it_cannot_open_changes_nothing(safe: Storage) -> None:
    put(safe, 1, Sealer([OLD]).seal(SECRET))
    put(safe, 2, Sealer(["a-key-that-was-lost-0123456789-abcdef"]).seal(SECRET))
    before = kept(safe)
    with pytest.raises(WrongKey):
        safe.transact(sealing.reseal, Sealer([NEW, OLD]), TABLES)
    assert kept(safe) == before


def test_a_value_that_was_swapped_for_clear_text_behind_our_back_is_seen_at_start(safe: Storage) -> None:
    put(safe, 1, Sealer([OLD]).seal(SECRET))
    raw = update(SAFE).values(factor=Sealer([OLD]).seal(SECRET)[:-4] + "AAAA")
    safe.transact(lambda session: session.execute(raw))
    with pytest.raises(WrongKey):
        safe.transact(sealing.prove, Sealer([OLD]), TABLES)


def test_the_columns_of_the_program_are_looked_at_unless_others_are_named(storage: Storage) -> None:
    storage.transact(sealing.prove, Sealer())
    assert storage.transact(sealing.reseal, Sealer([NEW])) == 0
    assert SQLModel.metadata.tables

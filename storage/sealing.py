"""Secrets at rest: a column of type `Sealed` holds what a `Sealer` made, and nothing else can be put there."""

import base64
from collections.abc import Iterator, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Column, Dialect, MetaData, Table, Text, TypeDecorator, select, update
from sqlmodel import Session, SQLModel

_MARK = "gAAAA"
"""How every Fernet token begins."""


class NoKey(Exception):
    """Nothing can be sealed: the owner must set a key first."""


class WrongKey(Exception):
    """What is sealed was not sealed with any of these keys."""


class Sealed(TypeDecorator[str]):
    """Text that was sealed; clear text does not get in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and not value.startswith(_MARK):
            raise ValueError("clear text for a sealed column")
        return value


class Sealer:
    """The first key seals, each of them opens. Without keys it only refuses."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key)) for key in keys]) if keys else None

    @property
    def has_key(self) -> bool:
        return self._fernet is not None

    def seal(self, text: str) -> str:
        """Raises NoKey."""
        return self._keys().encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises NoKey, WrongKey."""
        try:
            return self._keys().decrypt(sealed).decode()
        except InvalidToken:
            raise WrongKey("GUICHET_SECRET_KEY does not open what is sealed in the database") from None

    def renew(self, sealed: str) -> str:
        """The same secret under the first key. Raises NoKey, WrongKey."""
        return self.seal(self.open(sealed))

    def _keys(self) -> MultiFernet:
        if self._fernet is None:
            raise NoKey("GUICHET_SECRET_KEY is not set")
        return self._fernet


def prove(session: Session, sealer: Sealer, tables: MetaData = SQLModel.metadata) -> None:
    """That all that is sealed can be opened. Raises NoKey, WrongKey, with the words for whoever starts the program."""
    for column, row in _sealed(session, tables):
        place = f"{column.table.name}.{column.name}"
        try:
            sealer.open(row[-1])
        except NoKey:
            raise NoKey(f"GUICHET_SECRET_KEY is missing: {place} was sealed with it; put it back") from None
        except WrongKey:
            raise WrongKey(
                f"GUICHET_SECRET_KEY does not open {place}: put the key back that sealed it, after a comma"
            ) from None


def reseal(session: Session, sealer: Sealer, tables: MetaData = SQLModel.metadata) -> int:
    """Everything under the first key; how many that were. Raises NoKey, WrongKey, and then nothing has changed."""
    count = 0
    for column, (*key, sealed) in list(_sealed(session, tables, lock=True)):
        table = _table(column)
        here = [name == value for name, value in zip(table.primary_key, key, strict=True)]
        session.execute(update(table).where(*here).values({column: sealer.renew(sealed)}))
        count += 1
    return count


def _sealed(session: Session, tables: MetaData, lock: bool = False) -> Iterator[tuple[Column[str], Sequence[str]]]:
    """Each sealed value with its column, behind its row's key."""
    for table in tables.sorted_tables:
        for column in (one for one in table.columns if isinstance(one.type, Sealed)):
            wanted = select(*table.primary_key, column).where(column.is_not(None))
            for row in session.execute(wanted.with_for_update() if lock else wanted):
                yield column, tuple(row)


def _table(column: Column[str]) -> Table:
    assert isinstance(column.table, Table)  # noqa: S101 - found in one
    return column.table


def _derived(key: str) -> bytes:
    """Any long random word will do, however it was made; a Fernet key has a form of its own."""
    derived = HKDF(SHA256(), 32, salt=None, info=b"guichet: secrets at rest").derive(key.encode())
    return base64.urlsafe_b64encode(derived)

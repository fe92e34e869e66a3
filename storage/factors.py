"""Second factors: the sealed secret of a person, the last code that counted, and how often one was wrong."""

from datetime import datetime

from sqlalchemy import or_, update
from sqlmodel import Session, col

from storage.models import Person


def read(session: Session, person_id: int) -> Person | None:
    return session.get(Person, person_id, populate_existing=True)


def enrol(session: Session, person_id: int, sealed: str, step: int) -> None:
    """`step` is the code's by which it was proved: it does not count again."""
    _set(session, person_id, factor=sealed, factor_step=step, factor_misses=0, factor_rests_until=None)


def forget(session: Session, person_id: int) -> None:
    _set(session, person_id, factor=None, factor_step=None, factor_misses=0, factor_rests_until=None)


def use(session: Session, person_id: int, step: int) -> bool:
    """Whether this code counts: of two that come at once, or one that is sent again, only the first does."""
    used = (
        update(Person)
        .where(col(Person.id) == person_id, or_(col(Person.factor_step).is_(None), col(Person.factor_step) < step))
        .values(factor_step=step, factor_misses=0, factor_rests_until=None)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(used).rowcount)  # type: ignore[attr-defined]


def missed(session: Session, person_id: int, most: int, until: datetime) -> None:
    """A wrong code; after `most` of them none is looked at before `until`."""
    person = session.get_one(Person, person_id, with_for_update=True, populate_existing=True)
    person.factor_misses += 1
    if person.factor_misses >= most:
        person.factor_misses, person.factor_rests_until = 0, until
    session.add(person)


def _set(session: Session, person_id: int, **values: object) -> None:
    session.execute(
        update(Person).where(col(Person.id) == person_id).values(**values).execution_options(synchronize_session=False)
    )

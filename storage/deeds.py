"""What was changed about a merchant itself, and the letters that tell its people. A letter is written in the
transaction of its deed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.models import Deed, Letter, Merchant, Person


def record(
    session: Session,
    merchant_id: int,
    *,
    at: datetime,
    by: str,
    what: str,
    about: str = "",
    before: str = "",
    after: str = "",
    tell: Iterable[int] = (),
    names: tuple[str, str] = ("", ""),
) -> Deed:
    """`tell`: the persons who get a letter about it; a private chat has its person's number. A deed stays for good
    and names nobody's phone: `names` are a before and an after for the letters alone, which forget them once told.
    """
    deed = Deed(merchant_id=merchant_id, at=at, by=by, what=what, about=about, before=before, after=after)
    session.add(deed)
    session.flush()
    before, after = names
    session.add_all(
        Letter(deed_id=deed.id or 0, person_id=person, before=before, after=after, due_at=at)
        for person in sorted(set(tell))
    )
    return deed


def recent(session: Session, merchant_id: int, limit: int = 20) -> Sequence[Deed]:
    """Newest first."""
    wanted = select(Deed).where(Deed.merchant_id == merchant_id).order_by(col(Deed.id).desc()).limit(limit)
    return session.exec(wanted).all()


def claim(
    session: Session, *, now: datetime, lease: timedelta, limit: int
) -> list[tuple[Letter, Deed, Person, Merchant]]:
    """Letters that are owed, oldest first; nobody else sees them until the lease has run out."""
    owed = (
        select(Letter.id)
        .where(col(Letter.due_at) <= now, col(Letter.due_at).is_not(None))
        .order_by(col(Letter.due_at), col(Letter.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = session.exec(owed).all()
    if not ids:
        return []
    session.execute(update(Letter).where(col(Letter.id).in_(ids)).values(due_at=now + lease))
    wanted = (
        select(Letter, Deed, Person, Merchant)
        .join(Deed, col(Deed.id) == Letter.deed_id)
        .join(Person, col(Person.id) == Letter.person_id)
        .join(Merchant, col(Merchant.id) == Deed.merchant_id)
        .where(col(Letter.id).in_(ids))
        .order_by(col(Letter.id))
    )
    return [(letter, deed, person, merchant) for letter, deed, person, merchant in session.exec(wanted)]


def delivered(session: Session, letter: Letter) -> None:
    session.execute(
        update(Letter).where(col(Letter.id) == letter.id).values(due_at=None, error="", before="", after="")
    )


def postpone(session: Session, letter: Letter, error: str, until: datetime | None) -> None:
    """`until` None gives up: the row keeps its error, and names nobody any more."""
    forgotten = {"before": "", "after": ""} if until is None else {}
    session.execute(
        update(Letter)
        .where(col(Letter.id) == letter.id)
        .values(due_at=until, error=error, tries=Letter.tries + 1, **forgotten)
    )


def letters(session: Session, person_id: int) -> Sequence[tuple[Letter, Deed]]:
    wanted = select(Letter, Deed).join(Deed, col(Deed.id) == Letter.deed_id).where(Letter.person_id == person_id)
    return [(letter, deed) for letter, deed in session.exec(wanted.order_by(col(Letter.id)))]

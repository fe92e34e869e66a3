"""Half-filled commands: one for each person in each chat."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col

from storage.models import Form


def put(session: Session, form: Form) -> None:
    session.merge(form)


def current(session: Session, chat_id: int, person_id: int, now: datetime) -> Form | None:
    """The open form; one that has expired is thrown away."""
    form = session.get(Form, (chat_id, person_id))
    if form and form.expires_at <= now:
        session.delete(form)
        return None
    return form


def drop(session: Session, chat_id: int, person_id: int) -> bool:
    """Whether there was one."""
    form = session.get(Form, (chat_id, person_id))
    if form:
        session.delete(form)
    return form is not None


def clear(session: Session, now: datetime) -> None:
    """What nobody went on with: some of it is secret."""
    session.execute(delete(Form).where(col(Form.expires_at) <= now))


def drop_all(session: Session, person_id: int, merchant_id: int | None = None) -> None:
    """Wherever this person was asked something, by this merchant or by any."""
    gone = delete(Form).where(col(Form.person_id) == person_id)
    session.execute(gone if merchant_id is None else gone.where(col(Form.merchant_id) == merchant_id))

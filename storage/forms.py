"""Half-filled commands: one for each person in each chat."""

from datetime import datetime

import sqlalchemy
from sqlalchemy import bindparam, delete
from sqlmodel import Session, col

from storage import prepared
from storage.models import Form
from storage.prepared import Entities

_forms = Entities(Form)
_HERE = (_forms.table.c.chat_id == bindparam("chat"), _forms.table.c.person_id == bindparam("person"))
_OPEN = sqlalchemy.select(_forms.table).where(*_HERE)
_DROP = delete(_forms.table).where(*_HERE)


def put(session: Session, form: Form) -> None:
    session.merge(form)


def current(session: Session, chat_id: int, person_id: int, now: datetime) -> Form | None:
    """The open form; one that has expired is thrown away."""
    form = _forms.one(session, _OPEN, {"chat": chat_id, "person": person_id})
    if form and form.expires_at <= now:
        session.delete(form)
        return None
    return form


def drop(session: Session, chat_id: int, person_id: int) -> bool:
    """Whether there was one."""
    return prepared.run(session, _DROP, {"chat": chat_id, "person": person_id}).rowcount > 0


def clear(session: Session, now: datetime) -> None:
    """What nobody went on with: some of it is secret."""
    session.execute(delete(Form).where(col(Form.expires_at) <= now))


def drop_all(session: Session, person_id: int, merchant_id: int | None = None) -> None:
    """Wherever this person was asked something, by this merchant or by any."""
    gone = delete(Form).where(col(Form.person_id) == person_id)
    session.execute(gone if merchant_id is None else gone.where(col(Form.merchant_id) == merchant_id))

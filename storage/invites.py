"""Invitations to a merchant's team: made, looked up by what their link carries, used once."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.models import Invite, Role


def make(
    session: Session,
    merchant_id: int,
    role: Role,
    token: str,
    *,
    by_id: int,
    at: datetime,
    expires_at: datetime,
    founds: str = "",
) -> Invite:
    """`founds`: the name of a merchant that the link makes."""
    invite = Invite(
        merchant_id=merchant_id,
        role=role,
        founds=founds,
        digest=digest_of(token),
        by_id=by_id,
        created_at=at,
        expires_at=expires_at,
    )
    session.add(invite)
    session.flush()
    return invite


def digest_of(token: str) -> str:
    """A plain hash is enough: the token is drawn from more than anybody can try."""
    return sha256(token.encode()).hexdigest()


def by_token(session: Session, token: str) -> Invite | None:
    return session.exec(select(Invite).where(Invite.digest == digest_of(token))).one_or_none()


def get(session: Session, merchant_id: int, invite_id: int) -> Invite | None:
    invite = session.get(Invite, invite_id)
    return invite if invite and invite.merchant_id == merchant_id else None


def open_ones(session: Session, merchant_id: int, now: datetime) -> Sequence[Invite]:
    """Neither used nor expired, oldest first."""
    wanted = select(Invite).where(
        Invite.merchant_id == merchant_id, col(Invite.used_at).is_(None), col(Invite.expires_at) > now
    )
    return session.exec(wanted.order_by(col(Invite.id))).all()


def end_all(session: Session, now: datetime) -> None:
    """None of them works any more, whoever gave it."""
    session.execute(
        update(Invite).where(col(Invite.used_at).is_(None), col(Invite.expires_at) > now).values(expires_at=now)
    )


def use(session: Session, invite: Invite, person_id: int, now: datetime) -> bool:
    """False where somebody used it first, or its time is over: of two that come at once one is late."""
    return _end(session, invite, now, used_at=now, used_by=person_id)


def withdraw(session: Session, invite: Invite, now: datetime) -> bool:
    """False where it was used already, or its time is over."""
    return _end(session, invite, now, expires_at=now)


def _end(session: Session, invite: Invite, now: datetime, **changes: object) -> bool:
    swap = (
        update(Invite)
        .where(col(Invite.id) == invite.id, col(Invite.used_at).is_(None), col(Invite.expires_at) > now)
        .values(**changes)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(swap).rowcount)  # type: ignore[attr-defined]

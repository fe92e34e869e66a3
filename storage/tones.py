"""How the admin group hears of each event: with a sound, without, or not at all."""

import sqlalchemy
from sqlalchemy import bindparam
from sqlmodel import Session, select

from storage import prepared
from storage.models import Mode, Payment, Told, Tone
from storage.states import State

STANDARD: dict[Told, Mode] = {
    Told.ASKED: Mode.OFF,
    Told.PAID: Mode.SILENT,
    Told.FAILED: Mode.SILENT,
    Told.PAYOUT: Mode.SILENT,
    Told.DOUBT: Mode.SILENT,
    Told.APPROVAL: Mode.ON,
    Told.REVIEW: Mode.ON,
}
"""Money out is told before it leaves, while it can still be stopped; a request once there is something to say."""

ALWAYS = frozenset({Told.DOUBT, Told.APPROVAL, Told.REVIEW})
"""A person must do something about these: they can be silent, and not off."""

_tone = prepared.table_of(Tone)
_CHOSEN = sqlalchemy.select(_tone.c.mode).where(
    _tone.c.merchant_id == bindparam("merchant"), _tone.c.event == bindparam("told")
)

_EITHER = {State.UNKNOWN: Told.DOUBT, State.REVIEW: Told.REVIEW, State.FAILED: Told.FAILED}
_IN = _EITHER | {State.QUEUED: Told.ASKED, State.SUCCEEDED: Told.PAID, State.REVERSED: Told.PAID}
_OUT = _EITHER | {
    State.AWAITING_APPROVAL: Told.APPROVAL,
    State.QUEUED: Told.PAYOUT,
    State.SUCCEEDED: Told.PAYOUT,
    State.REVERSED: Told.PAYOUT,
}


def event_of(payment: Payment) -> Told | None:
    """What its present state is to the group; None is nothing new."""
    return (_IN if payment.kind == "collection" else _OUT).get(payment.state)


def mode(session: Session, merchant_id: int, event: Told) -> Mode:
    chosen: Mode | None = prepared.run(session, _CHOSEN, {"merchant": merchant_id, "told": str(event)}).scalar()
    return chosen or STANDARD[event]


def modes(session: Session, merchant_id: int) -> dict[Told, Mode]:
    chosen = session.exec(select(Tone).where(Tone.merchant_id == merchant_id))
    return STANDARD | {Told(one.event): one.mode for one in chosen}


def choose(session: Session, merchant_id: int, event: Told, mode: Mode) -> None:
    if mode is Mode.OFF and event in ALWAYS:
        raise ValueError(f"{event} is always told")
    session.merge(Tone(merchant_id=merchant_id, event=str(event), mode=mode))

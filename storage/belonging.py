"""Which of a person's merchants a line or a tap belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from storage import people
from storage.models import Form, Notice
from storage.people import Member


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said or tapped. `tag`: the merchant that the button names; `answers`: it is no command, so
    an open question may be what it answers.
    """

    chat_id: int
    tapped: int | None = None
    tag: int | None = None
    answers: bool = False


def recognise(session: Session, person_id: int, name: str, locale: str, place: Place) -> tuple[Member | None, bool]:
    """As whom somebody speaks, None for a stranger; and whether they tapped what is none of theirs, as `whose` says."""
    found = people.memberships(session, person_id, name, locale)
    if not found:
        return None, False
    member = whose(session, found, place)
    return member or found[0], member is None


def whose(session: Session, standings: Sequence[Member], place: Place) -> Member | None:
    """As whom the person speaks there. None for a button of a merchant that is none of theirs, or nobody knows whose.

    A button is its message's, an answer its question's, a line in a merchant's group that merchant's; all else is for
    whom the person acts now, who comes first in `standings`.
    """
    by_id = {one.merchant.id: one for one in standings}
    if place.tag is not None:
        return by_id.get(place.tag)
    if len(by_id) == 1:
        return standings[0]
    found = _told(session, place) if place.tapped is not None else _asked(session, standings, place)
    if found is not None:
        return by_id.get(found)
    at_home = [one for one in standings if one.merchant.admin_chat_id == place.chat_id]
    if len(at_home) == 1:
        return at_home[0]
    return standings[0] if place.tapped is None else None


def _told(session: Session, place: Place) -> int | None:
    """Whose card or line the button stands under."""
    wanted = select(Notice.merchant_id).where(Notice.chat_id == place.chat_id, Notice.message_id == place.tapped)
    return session.exec(wanted.order_by(col(Notice.id))).first()


def _asked(session: Session, standings: Sequence[Member], place: Place) -> int | None:
    form = session.get(Form, (place.chat_id, standings[0].person.id)) if place.answers else None
    return form.merchant_id if form else None

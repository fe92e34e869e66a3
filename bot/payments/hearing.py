"""What the admin group hears, whether it has the board of the day, and when the day is closed, as the owner chooses.
Each change is a deed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals
from bot.payments.approvals import Right
from bot.payments.rules import OFF
from providers.base import Clock
from storage import dayboards, deeds, tones, topics
from storage.engine import Storage
from storage.models import Dayboard, Merchant, Mode, News, Told, Topic
from storage.people import Member

_HOUR = re.compile(r"([01]?\d|2[0-3])(?:[:h]([0-5]\d)?)?")
NEVER = "off"
_MODE = {True: Mode.ON, False: Mode.OFF}


@dataclass(frozen=True, slots=True)
class Heard:
    """`close_at` is the shop's time ("20:00"), or empty. `board`: a message there shows how the day stands.

    `topics`: those of the group for each kind of news, none where all of it comes to the general one.
    """

    group: int | None
    close_at: str
    modes: Mapping[Told, Mode]
    board: bool = False
    topics: Sequence[Topic] = ()

    @property
    def shut(self) -> list[News]:
        return [topic.news for topic in self.topics if topic.shut]


class Hearing:
    def __init__(self, storage: Storage, now: Clock) -> None:
        self._storage = storage
        self._now = now

    async def read(self, member: Member) -> Heard:
        approvals.demand(member, Right.SET_GROUP)
        return await self._storage.run(_read, member.merchant.id or 0)

    async def choose(self, member: Member, event: Told, mode: Mode) -> Heard:
        """Raises UserError for what can't be switched off."""
        approvals.demand(member, Right.SET_GROUP)
        if mode is Mode.OFF and event in tones.ALWAYS:
            raise UserError("hear.always")
        return await self._storage.run(_choose, member, event, mode, self._now())

    async def board(self, member: Member, *, on: bool) -> Heard:
        approvals.demand(member, Right.SET_GROUP)
        return await self._storage.run(_board, member, on, self._now())

    async def keep_topic(self, member: Member, news: News, chat_id: int, thread_id: int) -> None:
        approvals.demand(member, Right.SET_GROUP)
        kept = Topic(merchant_id=member.merchant.id or 0, news=news, chat_id=chat_id, thread_id=thread_id)
        await self._storage.run(_keep_topic, member, kept, self._now())

    async def move_board(self, member: Member) -> Dayboard | None:
        """To where boards are posted now; gives the one to take away."""
        return await self._storage.run(dayboards.move, member.merchant.id or 0, self._now())

    async def without_topics(self, member: Member) -> Heard:
        approvals.demand(member, Right.SET_GROUP)
        return await self._storage.run(_without_topics, member, self._now())

    async def close_at(self, member: Member, text: str) -> Heard:
        """ "20:00", "20h30", "20", "off"."""
        approvals.demand(member, Right.SET_GROUP)
        return await self._storage.run(_close_at, member, _hour(text.strip().lower()), self._now())


def _hour(text: str) -> str | None:
    if text in OFF:
        return None
    found = _HOUR.fullmatch(text)
    if not found:
        raise UserError("hear.usage")
    return f"{int(found[1]):02}:{found[2] or '00'}"


def _read(session: Session, merchant_id: int) -> Heard:
    merchant = session.get_one(Merchant, merchant_id)
    return Heard(
        merchant.admin_chat_id,
        merchant.close_at or "",
        tones.modes(session, merchant_id),
        merchant.board,
        [topic for topic in topics.of(session, merchant_id) if topic.chat_id == merchant.admin_chat_id],
    )


def _choose(session: Session, member: Member, event: Told, mode: Mode, now: datetime) -> Heard:
    house = member.merchant.id or 0
    before = tones.mode(session, house, event)
    if mode is not before:
        tones.choose(session, house, event, mode)
        session.flush()
        _record(session, member, str(event), before, mode, now)
    return _read(session, house)


def _close_at(session: Session, member: Member, hour: str | None, now: datetime) -> Heard:
    merchant = session.get_one(Merchant, member.merchant.id or 0)
    before, merchant.close_at = merchant.close_at, hour
    if before != hour:
        session.add(merchant)
        session.flush()
        _record(session, member, "close", before or NEVER, hour or NEVER, now)
    return _read(session, merchant.id or 0)


def _board(session: Session, member: Member, on: bool, now: datetime) -> Heard:
    merchant = session.get_one(Merchant, member.merchant.id or 0)
    before, merchant.board = merchant.board, on
    if before != on:
        session.add(merchant)
        session.flush()
        _record(session, member, "board", _MODE[before], _MODE[on], now)
    return _read(session, merchant.id or 0)


def _keep_topic(session: Session, member: Member, kept: Topic, now: datetime) -> None:
    if not topics.of(session, kept.merchant_id):
        _record(session, member, "topics", Mode.OFF, Mode.ON, now)
    topics.keep(session, kept)


def _without_topics(session: Session, member: Member, now: datetime) -> Heard:
    house = member.merchant.id or 0
    if topics.of(session, house):
        topics.drop(session, house)
        _record(session, member, "topics", Mode.ON, Mode.OFF, now)
    return _read(session, house)


def _record(session: Session, member: Member, about: str, before: str, after: str, now: datetime) -> None:
    by = f"person:{member.person.id}"
    deeds.record(session, member.merchant.id or 0, at=now, by=by, what="hears", about=about, before=before, after=after)

"""The close of a day: its report, told once at the shop's hour, in the group or to each owner in private."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from markupsafe import Markup
from telegram import Bot

from bot.payments.figures import Figures, Report
from bot.payments.periods import Period
from bot.texts import Voice
from bot.ui import figures, herald
from bot.ui.easel import Easel
from bot.ui.topics import Topics
from bot.ui.voices import voice_of, voice_of_group
from providers.base import Clock
from storage import chores, people
from storage.engine import Storage
from storage.models import Merchant, News, Role

log = structlog.get_logger()

_CLOSE = "close"
_NOON = time(12)
_LEASE = timedelta(minutes=10)
"""One that died before anything was told is followed by another try after this."""
_TRIES = 6
_A_DAY = timedelta(days=1)


class Closes:
    def __init__(self, bot: Bot, storage: Storage, books: Figures, easel: Easel, topics: Topics, now: Clock) -> None:
        self._bot = bot
        self._topics = topics
        self._storage = storage
        self._books = books
        self._easel = easel
        self._now = now

    async def tick(self) -> None:
        now = self._now()
        for merchant in await self._storage.run(chores.merchants):
            if merchant.close_at:
                hour = time.fromisoformat(merchant.close_at)
                await self._close(merchant, closed_day(now, merchant.timezone, hour), now)

    async def _close(self, merchant: Merchant, day: date, now: datetime) -> None:
        if merchant.created_at.astimezone(ZoneInfo(merchant.timezone)).date() > day:
            return
        house = merchant.id or 0
        number = await self._storage.run(chores.take, house, _CLOSE, day, now=now, lease=_LEASE)
        if number is None:
            return
        report = await self._books.report(merchant, Period.day(day))
        # Done before it is told: one that dies between the two is not told, which is better than told twice.
        await self._storage.run(chores.done, house, _CLOSE, day)
        if report.pages and not await self._tell(merchant, report) and number < _TRIES:
            await self._storage.run(chores.again, house, _CLOSE, day, now + _LEASE)

    async def _tell(self, merchant: Merchant, report: Report) -> bool:
        """Whether anybody has it. Each owner where there is no group, or it can't be reached."""
        if group := merchant.admin_chat_id:
            voice = voice_of_group(merchant)
            if await self._topics.post(
                merchant, News.BOARD, group, lambda thread_id: self._show(group, voice, report, thread_id)
            ):
                return True
        team = await self._storage.run(people.members, merchant.id or 0)
        owners = [member for member in team if member.role is Role.OWNER]
        told = [await self._show(owner.person.id, voice_of(owner), report) for owner in owners]
        return any(told)

    async def _show(self, chat_id: int, voice: Voice, report: Report, thread_id: int | None = None) -> bool:
        pictures = await self._easel.pictures(report, voice)
        head = voice.say("close.title") + Markup("\n")
        told = [
            await herald.show(
                self._bot,
                chat_id,
                picture,
                head + figures.page(voice, report, page, spare=len(head)),
                thread_id=thread_id,
            )
            for page, picture in zip(report.pages, pictures, strict=True)
        ]
        log.info("closed the day", merchant=report.merchant.id, day=report.period.first.isoformat(), told=any(told))
        return any(told)


def closed_day(now: datetime, timezone: str, hour: time) -> date:
    """The last day that was closed by then. A shop that closes after midnight, or tells in the morning, closes the
    day before.
    """
    here = now.astimezone(ZoneInfo(timezone))
    day = here.date() if here.time() >= hour else here.date() - _A_DAY
    return day - _A_DAY if hour < _NOON else day

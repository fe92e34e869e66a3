"""What the counter tells without being asked, once a day: the night's reconciliation, and systems that fell silent."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from telegram import Bot

from bot.payments.approvals import Right, may
from bot.payments.restored import CHORE, FRESH
from bot.payments.silence import Callers, Silence
from bot.payments.statements import LONGEST, Account, Statements
from bot.ui import differences
from bot.ui.disputes import age
from bot.ui.herald import tell
from bot.ui.topics import Topics
from bot.ui.voices import voice_of, voice_of_group
from providers.base import Clock
from storage import chores, people
from storage.engine import Storage
from storage.models import Merchant, News, Role

log = structlog.get_logger()

NIGHT = time(2)
_RECONCILE, _SILENCE = "reconcile", "silence"
_LEASE = timedelta(minutes=20)
"""One that died on it, or met a silent system, is followed by another try after this."""
_TRIES = 6
_KEPT = timedelta(days=90)


class Rounds:
    def __init__(
        self, bot: Bot, storage: Storage, statements: Statements, callers: Callers, topics: Topics, now: Clock
    ) -> None:
        self._bot = bot
        self._topics = topics
        self._storage = storage
        self._statements = statements
        self._callers = callers
        self._now = now

    async def tick(self) -> None:
        now = self._now()
        for merchant in await self._storage.run(chores.merchants):
            here = now.astimezone(ZoneInfo(merchant.timezone))
            if here.time() >= NIGHT:
                await self._reconcile(merchant, here.date() - timedelta(days=1), now)
            await self._look_back(merchant, now)
            await self._listen(merchant, here.date(), now)
        await self._callers.clear()
        await self._storage.run(chores.clear, now.date() - _KEPT)

    async def _reconcile(self, merchant: Merchant, day: date, now: datetime) -> None:
        """Taken before anything is asked, so that of several instances one does it."""
        begun = merchant.created_at.astimezone(ZoneInfo(merchant.timezone)).date()
        if begun > day or not self._statements.listed(merchant.id or 0):
            return
        number = await self._take(merchant, _RECONCILE, day, now)
        if number is None:
            return
        accounts = await self._statements.reconcile(merchant, day, day)
        if any(account.silent for account in accounts) and number < _TRIES:
            return  # asked again when the lease is over
        if not all(account.empty for account in accounts):
            await self._push(merchant, accounts, day, day)
        await self._storage.run(chores.done, merchant.id or 0, _RECONCILE, day)

    async def _look_back(self, merchant: Merchant, now: datetime) -> None:
        """Once after books were restored: the days that they do not know, beside what the systems know of them."""
        if not merchant.restored_at or not merchant.restored_to or now - merchant.restored_at > FRESH:
            return
        zone = ZoneInfo(merchant.timezone)
        last = merchant.restored_at.astimezone(zone).date()
        first = max(merchant.restored_to.astimezone(zone).date(), last - timedelta(days=LONGEST - 1))
        number = await self._take(merchant, CHORE, last, now)
        if number is None:
            return
        accounts = await self._statements.reconcile(merchant, first, last)
        if any(account.silent for account in accounts) and number < _TRIES:
            return
        await self._push(merchant, accounts, first, last)
        await self._storage.run(chores.done, merchant.id or 0, CHORE, last)

    async def _push(self, merchant: Merchant, accounts: Sequence[Account], first: date, last: date) -> None:
        quiet = not differences.differ(accounts)
        for member in await self._storage.run(people.members, merchant.id or 0):
            if may(member, Right.RECONCILE):
                text = differences.told(voice_of(member), accounts, first, last)
                await tell(self._bot, member.person.id, text, quiet=quiet)
        log.info("reconciled", merchant=merchant.id, first=first.isoformat(), last=last.isoformat(), quiet=quiet)

    async def _listen(self, merchant: Merchant, day: date, now: datetime) -> None:
        for silence in await self._callers.silent(merchant.id or 0):
            name = f"{_SILENCE}:{silence.provider}"
            if await self._take(merchant, name, day, now) is not None:
                await self._tell_silence(merchant, silence, now)
                await self._storage.run(chores.done, merchant.id or 0, name, day)

    async def _tell_silence(self, merchant: Merchant, silence: Silence, now: datetime) -> None:
        """In the admin group; to each owner where there is none, or it can't be reached."""
        log.warning("no callbacks", provider=silence.provider, since=silence.since.isoformat())
        voice = voice_of_group(merchant)
        span = now - silence.since
        line = voice.say("silence.line", title=silence.title, age=age(voice, span))
        group = merchant.admin_chat_id
        if group and await self._topics.post(
            merchant, News.DOUBT, group, lambda thread_id: tell(self._bot, group, line, quiet=True, thread_id=thread_id)
        ):
            return
        for member in await self._storage.run(people.members, merchant.id or 0):
            if member.role is Role.OWNER:
                voice = voice_of(member)
                line = voice.say("silence.line", title=silence.title, age=age(voice, span))
                await tell(self._bot, member.person.id, line)

    async def _take(self, merchant: Merchant, name: str, day: date, now: datetime) -> int | None:
        return await self._storage.run(chores.take, merchant.id or 0, name, day, now=now, lease=_LEASE)

"""The clock's work for schedules, and what people are told of it."""

from markupsafe import Markup
from sqlmodel import Session
from telegram import Bot

from bot.payments.schedules import Happening, Schedules, What
from bot.ui import agenda
from bot.ui.belonging import tagged
from bot.ui.herald import tell
from bot.ui.visit import explain
from bot.ui.voices import voice_for
from storage import people
from storage.engine import Storage
from storage.models import Merchant


class Almanac:
    def __init__(self, bot: Bot, storage: Storage, schedules: Schedules) -> None:
        self._bot = bot
        self._storage = storage
        self._schedules = schedules

    async def tick(self) -> None:
        for happening in await self._schedules.look():
            await self._tell(happening)

    async def _tell(self, happening: Happening) -> None:
        """Where the schedule was made; the owners hear of a maker who may not do it any more."""
        schedule = happening.schedule
        merchant = await self._storage.run(_merchant, schedule.merchant_id)
        if happening.what is What.GONE:
            for owner in await self._storage.run(people.owners, schedule.merchant_id):
                await self._say(happening, merchant, owner, owner)
        else:
            await self._say(happening, merchant, schedule.chat_id, schedule.asker_id)

    async def _say(self, happening: Happening, merchant: Merchant, chat_id: int, reader_id: int) -> None:
        voice = voice_for(await self._storage.run(people.person, reader_id), merchant)
        why = explain(voice, happening.error) if happening.error else Markup("")
        text, keyboard = agenda.told(voice, happening, why)
        whose = merchant.id if await self._storage.run(people.is_shared) else None
        await tell(self._bot, chat_id, text, tagged(keyboard, whose))


def _merchant(session: Session, merchant_id: int) -> Merchant:
    return session.get_one(Merchant, merchant_id)

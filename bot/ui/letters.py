"""Delivers letters: tells a merchant's people, each in private, what was changed about it."""

from datetime import timedelta

import structlog
from markupsafe import Markup
from telegram import Bot
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.payments.crew import Crew
from bot.payments.privacy import OPERATOR
from bot.texts import Voice
from bot.ui import cards
from bot.ui.menus import Menu
from bot.ui.roster import named
from bot.ui.visit import timedelta_of
from bot.ui.voices import voice_for
from providers.base import Clock
from storage import deeds, payments, people
from storage.engine import Storage
from storage.models import Deed, Letter, Merchant, Person, Role
from storage.shifts import LATE

log = structlog.get_logger()

_LEASE = timedelta(minutes=1)
"""Longer than one call can take. After a crash a letter is this late, and may come twice."""
_MOST_TRIES = 200
_SLOWEST = 60
_PERSON = "person:"


class Letters:
    def __init__(self, bot: Bot, storage: Storage, menu: Menu, crew: Crew, now: Clock) -> None:
        self._bot = bot
        self._storage = storage
        self._menu = menu
        self._crew = crew
        self._now = now

    async def tick(self) -> None:
        """One hand, so that each person hears of things in their order."""
        if self._crew.free:
            self._crew.start(self._deliver_all())

    async def _deliver_all(self) -> None:
        while owed := await self._storage.run(deeds.claim, now=self._now(), lease=_LEASE, limit=1):
            await self._deliver(*owed[0])

    async def _deliver(self, letter: Letter, deed: Deed, person: Person, merchant: Merchant) -> None:
        if deed.about == f"{_PERSON}{person.id}":
            await self._menu.follow(person.id, await self._storage.run(people.standing, person.id))
        try:
            await self._bot.send_message(person.id, await self._written(letter, deed, person, merchant), ParseMode.HTML)
        except RetryAfter as error:
            await self._later(letter, error, timedelta_of(error))
        except (Forbidden, BadRequest) as error:
            log.warning("nobody can be told there", person=person.id, deed=deed.id, error=str(error))
            await self._storage.run(deeds.postpone, letter, str(error), None)
        except TelegramError as error:
            await self._later(letter, error, timedelta(seconds=min(2.0**letter.tries, _SLOWEST)))
        else:
            await self._storage.insist(deeds.delivered, letter)

    async def _later(self, letter: Letter, error: TelegramError, wait: timedelta) -> None:
        until = self._now() + wait if letter.tries < _MOST_TRIES else None
        await self._storage.run(deeds.postpone, letter, str(error), until)

    async def _written(self, letter: Letter, deed: Deed, person: Person, merchant: Merchant) -> Markup:
        voice = voice_for(person, merchant)
        if deed.what == LATE:
            payment = await self._storage.run(payments.get, merchant.id or 0, deed.before)
            line = cards.list_line(voice, payment) if payment else deed.before
            return voice.say("letter.after_close", till=deed.about, line=line)
        key = f"letter.{deed.what}"
        if deed.about == f"{_PERSON}{person.id}" and voice.knows(f"{key}.you"):
            key = f"{key}.you"
        return voice.say(
            key,
            who=await self._who(voice, deed.by),
            about=await self._who(voice, deed.about),
            before=_shown(voice, letter.before or deed.before),
            after=_shown(voice, letter.after or deed.after),
            merchant=merchant.name,
        )

    async def _who(self, voice: Voice, name: str) -> str | Markup:
        """With their number: a name is what its bearer likes it to be."""
        if name == "settings":
            return voice.say("letter.settings")
        if name == OPERATOR:
            return voice.say("letter.operator")
        if voice.knows(f"rule.word.{name}"):
            return voice.say(f"rule.word.{name}")
        if not name.startswith(_PERSON):
            return name
        person_id = int(name.removeprefix(_PERSON))
        person = await self._storage.run(people.person, person_id)
        return f"{named(person)} ({person_id})" if person and person.name else str(person_id)


def _shown(voice: Voice, value: str) -> str | Markup:
    return voice.say(f"role.{value}") if value in set(Role) else value

"""One update from one member: who it is, where, and how to answer them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from markupsafe import Markup
from telegram import CallbackQuery, ForceReply, InlineKeyboardMarkup, InputMediaPhoto, Message
from telegram.constants import ChatAction, ChatType, ParseMode
from telegram.error import BadRequest, RetryAfter
from telegram.ext import CallbackContext, ExtBot

from bot.errors import UserError
from bot.payments.again import Again
from bot.payments.amounts import currency_of
from bot.payments.arrivals import Arrivals
from bot.payments.brake import Brake
from bot.payments.bulk import Bulk
from bot.payments.connections import Connections
from bot.payments.factors import Factors
from bot.payments.figures import Figures
from bot.payments.hearing import Hearing
from bot.payments.links import Links
from bot.payments.payees import Payees
from bot.payments.privacy import Privacy
from bot.payments.questions import Answer, Questions
from bot.payments.receipts import Receipts
from bot.payments.refunds import Refunds
from bot.payments.reminders import Reminders
from bot.payments.review import Reviews
from bot.payments.rules import Rulebook
from bot.payments.schedules import Schedules
from bot.payments.service import Payments
from bot.payments.statements import Statements
from bot.payments.team import Team
from bot.payments.tills import Tills
from bot.texts import Voice
from bot.ui.belonging import tagged
from bot.ui.easel import Easel
from bot.ui.menus import Menu
from bot.ui.obstacles import all_told
from bot.ui.turnstile import Turnstile
from bot.watch.doctor import Doctor
from providers.base import Clock, Provider
from providers.messages import Verb
from storage.engine import Storage
from storage.people import Member
from storage.sealing import Sealer

log = structlog.get_logger()

T = TypeVar("T")

_ALERT_MOST = 200
_PATIENCE = timedelta(seconds=20)
"""How long an answer waits for Telegram's flood limit before it is let go."""


@dataclass(frozen=True, slots=True)
class Counter:
    """What every command may use."""

    payments: Payments
    again: Again
    payees: Payees
    arrivals: Arrivals
    questions: Questions
    refunds: Refunds
    links: Links
    reminders: Reminders
    receipts: Receipts
    turnstile: Turnstile
    reviews: Reviews
    schedules: Schedules
    statements: Statements
    figures: Figures
    easel: Easel
    hearing: Hearing
    bulk: Bulk
    team: Team
    connections: Connections
    tills: Tills
    brake: Brake
    rulebook: Rulebook
    privacy: Privacy
    factors: Factors
    storage: Storage
    sealer: Sealer
    menu: Menu
    doctor: Doctor
    now: Clock


@dataclass(slots=True)
class Visit:
    counter: Counter
    member: Member
    voice: Voice
    message: Message
    query: CallbackQuery | None = None
    answered: bool = False
    """The tap's spinner has stopped."""

    @property
    def chat_id(self) -> int:
        return self.message.chat_id

    @property
    def private(self) -> bool:
        return self.message.chat.type == ChatType.PRIVATE

    @property
    def answers(self) -> Message | None:
        """What this one is a reply to. Where it is none, Telegram names the message that made the topic."""
        answered = self.message.reply_to_message
        return None if answered is None or answered.forum_topic_created else answered

    @property
    def currency(self) -> str:
        """What an amount without a currency means here."""
        return currency_of(self.member.merchant.country)

    def own(self, keyboard: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup | None:
        """Buttons of a counter of several merchants say whose they are. Telegram takes none, but not an empty list."""
        if keyboard is not None and not keyboard.inline_keyboard:
            return None
        return tagged(keyboard, self.member.merchant.id) if self.member.shared else keyboard

    async def ask_systems(self, verb: Verb, question: Callable[[Provider], Awaitable[T]]) -> list[Answer[T]]:
        return await self.counter.questions.ask_all(self.member.merchant.id or 0, verb, question)

    async def say(self, text: Markup, keyboard: InlineKeyboardMarkup | None = None) -> Message:
        """In a group as a reply, so that it is clear to whom."""
        return await _patiently(
            lambda: self.message.reply_text(
                text, parse_mode=ParseMode.HTML, reply_markup=self.own(keyboard), do_quote=not self.private
            )
        )

    async def say_alone(self, text: Markup) -> None:
        """In the private chat, wherever this visit is. Raises Forbidden where the person never opened one."""
        bot, person_id = self.message.get_bot(), self.member.person.id
        await _patiently(lambda: bot.send_message(person_id, text, ParseMode.HTML))

    async def ask(self, text: Markup) -> Message:
        """A question; in a group, where bots see only replies, Telegram opens one."""
        keyboard = None if self.private else ForceReply(selective=True)
        return await _patiently(
            lambda: self.message.reply_text(
                text, parse_mode=ParseMode.HTML, reply_markup=keyboard, do_quote=not self.private
            )
        )

    async def hand_picture(self, content: bytes, caption: Markup) -> None:
        await _patiently(
            lambda: self.message.reply_photo(
                content, caption=caption, parse_mode=ParseMode.HTML, do_quote=not self.private
            )
        )

    async def hand(self, name: str, content: bytes, caption: Markup, *, asks: bool = False) -> None:
        """A file. `asks`: its caption is a question."""
        keyboard = ForceReply(selective=True) if asks and not self.private else None
        await _patiently(
            lambda: self.message.reply_document(
                content,
                filename=name,
                caption=caption,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard,
                do_quote=not self.private,
            )
        )

    async def draws(self) -> None:
        """Says that a picture is on its way, and stops a tapped button's spinner meanwhile."""
        if self.query:
            with suppress(BadRequest):
                await self.query.answer()
        await self.message.reply_chat_action(ChatAction.UPLOAD_PHOTO)

    async def picture(self, content: bytes, caption: Markup, keyboard: InlineKeyboardMarkup | None = None) -> None:
        await _patiently(
            lambda: self.message.reply_photo(
                content,
                caption=caption,
                parse_mode=ParseMode.HTML,
                reply_markup=self.own(keyboard),
                do_quote=not self.private,
            )
        )

    async def repicture(self, content: bytes, caption: Markup, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """In place of the message whose button was tapped, a text or another picture."""
        media = InputMediaPhoto(content, caption, ParseMode.HTML)
        try:
            await _patiently(lambda: self.message.edit_media(media, reply_markup=self.own(keyboard)))
        except BadRequest as error:
            if "not modified" not in str(error):
                raise

    async def hand_alone(self, name: str, content: bytes, caption: Markup) -> None:
        """A file in the private chat, wherever this visit is. Raises Forbidden as `say_alone` does."""
        bot, person_id = self.message.get_bot(), self.member.person.id
        await _patiently(
            lambda: bot.send_document(person_id, content, filename=name, caption=caption, parse_mode=ParseMode.HTML)
        )

    async def show(self, text: Markup, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """In place of the message whose button was tapped."""
        try:
            await _patiently(
                lambda: self.message.edit_text(text, parse_mode=ParseMode.HTML, reply_markup=self.own(keyboard))
            )
        except BadRequest as error:
            if "not modified" not in str(error):
                raise

    async def answer_first(self) -> None:
        """Before work that takes its time: a button that waits looks stuck."""
        if self.query:
            self.answered = True
            await self.query.answer()

    async def refuse(self, error: UserError) -> None:
        """One line that says what to do; over the screen when a button was tapped."""
        text = explain(self.voice, error)
        if self.query and not self.answered:
            try:
                await self.query.answer(text.striptags()[:_ALERT_MOST], show_alert=True)
            except BadRequest as late:  # one tap that came twice was answered already, or an hour has passed
                log.debug("tap not answered", error=str(late))
        else:
            await self.say(text)


_TYPED = ("text", "id", "via", "name")
"""Values that a person may have typed, of any length."""


def explain(voice: Voice, error: UserError) -> Markup:
    values = dict(error.values)
    if error.key == "route.none":
        return all_told(voice, values["obstacles"])
    values |= {name: _short(values[name]) for name in _TYPED if isinstance(values.get(name), str)}
    return voice.say(error.key, **values)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def timedelta_of(error: RetryAfter) -> timedelta:
    """Typed as seconds or a timedelta until the library's next major version."""
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    try:
        return await call()
    except RetryAfter as error:
        wait = timedelta_of(error)
        if wait > _PATIENCE:
            raise
        await asyncio.sleep(wait.total_seconds())
        return await call()


class Turn(CallbackContext[ExtBot[int], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """The context of one update; the guard puts the visit in."""

    visit: Visit

"""Delivers notices: sends or edits the one message of each audience, as fast as Telegram allows."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from markupsafe import Markup
from sqlmodel import Session
from telegram import Bot, InlineKeyboardMarkup, InputMediaPhoto, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.payments import approvals
from bot.payments.approvals import Right
from bot.payments.crew import Crew
from bot.payments.receipts import Receipts
from bot.payments.service import Payments
from bot.ui import board, cards, keyboards
from bot.ui.pictures import scannable, stamped
from bot.ui.posted import posted
from bot.ui.topics import Topics
from bot.ui.visit import timedelta_of
from bot.ui.voices import voice_for, voice_of_group
from providers.base import Clock
from providers.messages import Channel
from storage import arrivals, batches, notices, payees, people
from storage.engine import Storage
from storage.models import Audience, Batch, Merchant, Notice, Payment, Person
from storage.notices import Subject
from storage.states import State
from storage.topics import news_of

log = structlog.get_logger()

_LEASE = timedelta(seconds=20)
"""After a crash a card is this late. One that waits longer for Telegram's limits is leased anew, see `_keep`."""
_RENEWED_AT = timedelta(seconds=5)
_MOST_TRIES = 200
_SLOWEST = 60
_SAME = "message is not modified"
_IS_PICTURE = "there is no text in the message to edit"
_GONE = ("message to edit not found", "message can't be edited")
_NOBODY = ("chat not found", "bot was kicked", "not enough rights", "have no rights", "user is deactivated")


@dataclass(frozen=True, slots=True)
class Owed:
    """A notice with what it shows, as it was when claimed. `several`: its reader works for more shops."""

    notice: Notice
    subject: Subject
    merchant: Merchant
    asker: Person | None
    several: bool


class Notify:
    def __init__(
        self,
        bot: Bot,
        storage: Storage,
        payments: Payments,
        receipts: Receipts,
        topics: Topics,
        crews: Mapping[Audience, Crew],
        now: Clock,
        more: Callable[[], None],
    ) -> None:
        """Each audience has a crew of its own: a group's limit must not hold up anybody's card. `more`: hands are free
        again, and there may be more to tell than there were hands.
        """
        self._bot = bot
        self._storage = storage
        self._payments = payments
        self._receipts = receipts
        self._topics = topics
        self._crews = crews
        self._now = now
        self._more = more
        self._behind: set[Audience] = set()
        self._in_hand: set[int | None] = set()
        self._kept_at = now()

    async def tick(self) -> None:
        await self._keep()
        free = {audience: crew.free for audience, crew in self._crews.items() if crew.free}
        claimed = await self._storage.run(_claim, free, self._now()) if free else []
        taken = Counter(owed.notice.audience for owed in claimed)
        self._behind = {one for one in self._crews if taken[one] == free.get(one, 0)}
        for owed in claimed:
            if owed.notice.id not in self._in_hand:
                self._in_hand.add(owed.notice.id)
                self._crews[owed.notice.audience].start(
                    self._handle(owed), payment=owed.notice.payment_id, batch=owed.notice.batch_id
                )

    async def _keep(self) -> None:
        """Nobody else tells what is still in hand here, however long it waits."""
        now = self._now()
        if self._in_hand and now - self._kept_at >= _RENEWED_AT:
            await self._storage.run(notices.keep, list(self._in_hand), now=now, lease=_LEASE)
            self._kept_at = now

    async def _handle(self, owed: Owed) -> None:
        try:
            await self._deliver(owed)
        finally:
            self._in_hand.discard(owed.notice.id)
            audience = owed.notice.audience
            if audience in self._behind and self._crews[audience].worth_a_claim:
                self._more()

    async def _deliver(self, owed: Owed) -> None:
        notice, subject = owed.notice, owed.subject
        try:
            if notice.inline_message_id and isinstance(subject, Payment):
                await self._edit_posted(notice, subject, owed)
                await self._storage.run(notices.delivered, notice, 0, self._now())
                return
            text, keyboard = await self._render(owed)
            message_id = await self._put(notice, subject, owed.merchant, text, keyboard)
        except RetryAfter as error:
            await self._later(notice, error, timedelta_of(error))
        except ChatMigrated as error:
            log.warning("the group has a new id", old=notice.chat_id, new=error.new_chat_id)
            await self._storage.run(notices.follow_group, notice.chat_id, error.new_chat_id, self._now())
        except (Forbidden, BadRequest) as error:
            await self._refused(notice, error)
        except TelegramError as error:
            await self._later(notice, error, _backoff(notice.tries))
        else:
            await self._storage.insist(notices.delivered, notice, message_id, self._now())

    async def _edit_posted(self, notice: Notice, payment: Payment, owed: Owed) -> None:
        """A message that somebody posted inline can only be edited; one that is gone is let go by `_refused`."""
        voice = voice_for(owed.asker, owed.merchant)
        slip = await self._receipts.vouch(payment) if payment.state is State.SUCCEEDED else None
        text = posted(voice, payment, owed.merchant.name, slip, self._bot.username)
        try:
            await self._bot.edit_message_text(
                text,
                inline_message_id=notice.inline_message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboards.of_posted(voice, payment),
            )
        except BadRequest as error:
            if _SAME not in str(error).lower():
                raise

    async def _render(self, owed: Owed) -> tuple[Markup, InlineKeyboardMarkup | None]:
        """Who works for several shops sees whose this is."""
        if owed.notice.audience is Audience.ASKER:
            shown, keyboard = await self._render_for_asker(owed.subject, owed.merchant, owed.asker)
        else:
            name = owed.asker.name if owed.asker else ""
            shown, keyboard = await self._render_for_others(owed.notice, owed.subject, owed.merchant, name)
        return Markup("🏪 {}\n{}").format(owed.merchant.name, shown) if owed.several else shown, keyboard

    async def _render_for_asker(
        self, subject: Subject, merchant: Merchant, asker: Person | None
    ) -> tuple[Markup, InlineKeyboardMarkup | None]:
        voice = voice_for(asker, merchant)
        if isinstance(subject, Batch):
            sums = await self._storage.run(batches.sums, subject.id)
            shown = board.board(voice, subject, sums, self._payments.title_of)
            return shown, board.buttons(voice, subject, sums)
        refund = await self._storage.run(arrivals.refund_of, subject) if subject.state is State.SUCCEEDED else None
        refundable = refund is None and self._payments.refundable(subject)
        shown = cards.card(
            voice,
            subject,
            self._payments.title(subject),
            slow=self._payments.slow(subject),
            payee_bears=self._payments.payee_bears(subject),
            refund=refund,
        )
        saves = subject.state is State.SUCCEEDED and await self._storage.run(_saves, subject)
        return shown, keyboards.of_card(voice, subject, refundable=refundable, saves=saves)

    async def _render_for_others(
        self, notice: Notice, subject: Subject, merchant: Merchant, asker: str
    ) -> tuple[Markup, InlineKeyboardMarkup | None]:
        """The group's line, or what one approver is asked in private."""
        alone = notice.audience is Audience.APPROVER
        reader = await self._storage.run(people.person, notice.chat_id) if alone else None
        voice = voice_for(reader, merchant) if reader else voice_of_group(merchant)
        if isinstance(subject, Batch):
            sums = await self._storage.run(batches.sums, subject.id)
            return board.group_line(voice, subject, sums, asker), board.decision(voice, subject, sums)
        if subject.state is State.AWAITING_APPROVAL:
            shown = cards.approval(voice, subject, self._payments.title(subject), asker)
            return shown, keyboards.of_approval(voice, subject)
        approver = await self._storage.run(people.person, subject.approver_id) if subject.approver_id else None
        line = cards.group_line(voice, subject, asker, approver.name if approver else "")
        return line, keyboards.of_money_out(voice, subject)

    async def _put(
        self,
        notice: Notice,
        subject: Subject,
        merchant: Merchant,
        text: Markup,
        keyboard: InlineKeyboardMarkup | None,
    ) -> int:
        url = _link(subject) if notice.audience is Audience.ASKER and isinstance(subject, Payment) else ""
        if notice.message_id is None:
            if notice.audience is Audience.GROUP:
                return await self._topics.post(
                    merchant,
                    news_of(subject),
                    notice.chat_id,
                    lambda thread_id: self._new(notice, text, keyboard, thread_id),
                )
            return await self._answer(notice, subject, text, keyboard, url)
        try:
            await self._edit(notice, subject, merchant, text, keyboard, url)
        except BadRequest as error:
            if _SAME not in str(error).lower():
                raise
        return notice.message_id

    async def _new(
        self, notice: Notice, text: Markup, keyboard: InlineKeyboardMarkup | None, thread_id: int | None
    ) -> int:
        sent = await self._bot.send_message(
            notice.chat_id,
            text,
            ParseMode.HTML,
            reply_markup=keyboard,
            disable_notification=notice.quiet,
            message_thread_id=thread_id,
        )
        return sent.message_id

    async def _answer(
        self, notice: Notice, subject: Subject, text: Markup, keyboard: InlineKeyboardMarkup | None, url: str
    ) -> int:
        """In a group as a reply to what was asked: it is clear to whom, and stands in the same topic."""
        asked = _asked_by(subject, notice.chat_id)
        if url:
            shown = await self._bot.send_photo(
                notice.chat_id,
                scannable(url),
                text,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard,
                reply_parameters=asked,
            )
            return shown.message_id
        sent = await self._bot.send_message(
            notice.chat_id, text, ParseMode.HTML, reply_markup=keyboard, reply_parameters=asked
        )
        return sent.message_id

    async def _edit(
        self,
        notice: Notice,
        subject: Subject,
        merchant: Merchant,
        text: Markup,
        keyboard: InlineKeyboardMarkup | None,
        url: str,
    ) -> None:
        """A link's card is a picture with the card under it: to scan as long as anybody may pay by it."""
        chat_id, message_id = notice.chat_id, notice.message_id
        if not url:
            try:
                await self._bot.edit_message_text(
                    text, chat_id, message_id, parse_mode=ParseMode.HTML, reply_markup=keyboard
                )
            except BadRequest as error:
                if _IS_PICTURE not in str(error).lower():
                    raise
            else:
                return
        picture = scannable(url) if url else await self._stamp(subject, merchant)
        media = InputMediaPhoto(picture, text, ParseMode.HTML)
        await self._bot.edit_message_media(media, chat_id, message_id, reply_markup=keyboard)

    async def _stamp(self, subject: Subject, merchant: Merchant) -> bytes:
        """In the place of a code that nobody should scan any more."""
        voice = voice_for(await self._storage.run(people.person, subject.asker_id), merchant)
        paid = isinstance(subject, Payment) and subject.state is State.SUCCEEDED
        return stamped(voice.say("link.picture.paid" if paid else "link.picture.closed").unescape(), good=paid)

    async def _refused(self, notice: Notice, error: TelegramError) -> None:
        words = str(error).lower()
        if notice.inline_message_id:
            log.warning("a message posted inline can't be edited", error=str(error))
            await self._storage.run(notices.postpone, notice, str(error), None)
        elif any(gone in words for gone in _GONE):
            await self._storage.run(notices.forget_message, notice, self._now())
        elif isinstance(error, Forbidden) or any(nobody in words for nobody in _NOBODY):
            log.error("nobody can be told there", chat=notice.chat_id, error=str(error))
            await self._storage.run(notices.postpone, notice, str(error), None)
        else:
            log.error("Telegram refused a notice", error=str(error))
            await self._later(notice, error, _backoff(notice.tries))

    async def _later(self, notice: Notice, error: TelegramError, wait: timedelta) -> None:
        until = self._now() + wait if notice.tries < _MOST_TRIES else None
        await self._storage.run(notices.postpone, notice, str(error), until)


_READ_BY_A_PERSON = {Audience.ASKER, Audience.APPROVER}


def _claim(session: Session, free: Mapping[Audience, int], now: datetime) -> list[Owed]:
    """The rows are read as they are now, so that a late message never shows an old state."""
    owing = notices.owing(session, now)
    claimed = [
        one
        for audience, limit in free.items()
        if audience in owing
        for one in notices.claim(session, audience, now=now, lease=_LEASE, limit=limit)
    ]
    askers = people.persons(session, {subject.asker_id for _, subject, _ in claimed})
    readers = {_reader(notice, subject) for notice, subject, _ in claimed if notice.audience in _READ_BY_A_PERSON}
    several = people.in_several(session, readers)
    return [
        Owed(
            notice,
            subject,
            merchant,
            askers.get(subject.asker_id),
            notice.audience in _READ_BY_A_PERSON and _reader(notice, subject) in several,
        )
        for notice, subject, merchant in claimed
    ]


def _reader(notice: Notice, subject: Subject) -> int:
    return notice.chat_id if notice.audience is Audience.APPROVER else subject.asker_id


def _saves(session: Session, payment: Payment) -> bool:
    """Whether its asker may give the payee's number a name now."""
    if not payment.msisdn or payment.masked_at:
        return False
    role = people.role(session, payment.merchant_id, payment.asker_id)
    may = role is not None and approvals.grants(role, Right.EDIT_PAYEES)
    return may and not payees.name_of(session, payment.merchant_id, payment.msisdn)


def _asked_by(subject: Subject, chat_id: int) -> ReplyParameters | None:
    """The message in a group that the intent is known by, where it still is there."""
    found = re.match(rf"{chat_id}:(\d+)", subject.intent) if chat_id < 0 else None
    return ReplyParameters(int(found[1]), allow_sending_without_reply=True) if found else None


def _link(payment: Payment) -> str:
    """The address to scan, while anybody may still pay by it."""
    step = payment.step or {}
    waits = payment.channel == Channel.LINK and payment.state in {State.PENDING, State.UNKNOWN}
    waits = waits and "lapsed" not in payment.checks
    return str(step.get("url", "")) if waits else ""


def _backoff(tries: int) -> timedelta:
    return timedelta(seconds=min(2.0**tries, _SLOWEST))

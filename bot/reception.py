"""Hands each update to its command. The one place where handlers meet python-telegram-bot."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
from telegram import Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CallbackQueryHandler,
    ChatMemberHandler,
    ChosenInlineResultHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot import hearing
from bot.commands import COMMANDS, TAPS
from bot.commands.base import Command, Tap, obey
from bot.commands.bulk import BULK
from bot.commands.group import offer_group
from bot.errors import UserError
from bot.payments import approvals
from bot.ui import bulk, forms, pending
from bot.ui.belonging import untagged
from bot.ui.guard import Guard
from bot.ui.inline import Inline
from bot.ui.visit import Counter, Turn, Visit
from storage.engine import away
from storage.sealing import NoKey

log = structlog.get_logger()

_PRESENT = {ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR}

ALLOWED_UPDATES = [
    Update.MESSAGE,
    Update.CALLBACK_QUERY,
    Update.MY_CHAT_MEMBER,
    Update.INLINE_QUERY,
    Update.CHOSEN_INLINE_RESULT,
]
"""Edited messages are not even asked for: an edited command must not pay again."""

_UNREAD = filters.VOICE | filters.AUDIO | filters.VIDEO | filters.VIDEO_NOTE | filters.LOCATION

Handler = Callable[[Update, Turn], Coroutine[Any, Any, None]]


def furnish(
    application: "Application[Any, Turn, Any, Any, Any, Any]", counter: Counter, come_back: Callable[[int], None]
) -> None:
    """Order matters: the guard first, then commands, then what is left. `come_back` hears of an update that the
    database's absence kept from everybody.
    """
    new = filters.UpdateType.MESSAGE & ~filters.VIA_BOT  # what was posted inline is no command of anybody's
    guard = Guard(counter)
    inline = Inline(counter, guard)
    application.add_handler(InlineQueryHandler(inline.asked), group=-2)
    application.add_handler(ChosenInlineResultHandler(inline.chosen), group=-2)
    application.add_handler(ChatMemberHandler(_added(guard), ChatMemberHandler.MY_CHAT_MEMBER), group=-2)
    application.add_handler(TypeHandler(Update, guard), group=-1)
    for command in COMMANDS:
        application.add_handler(CommandHandler(command.names, _obey(command), new))
    application.add_handler(CallbackQueryHandler(_tapped({tap.verb: tap for tap in (*TAPS, hearing.GUESS_TAP)})))
    application.add_handler(MessageHandler(new & filters.CONTACT, _spoken))
    application.add_handler(MessageHandler(new & filters.Document.ALL, _filed))
    unknown = new & filters.COMMAND & filters.ChatType.PRIVATE
    application.add_handler(MessageHandler(unknown, _refusing("command.unknown")))
    application.add_handler(MessageHandler(new & filters.PHOTO & filters.ChatType.PRIVATE, _refusing("text.picture")))
    application.add_handler(MessageHandler(new & _UNREAD & filters.ChatType.PRIVATE, _refusing("text.not_text")))
    application.add_handler(MessageHandler(new & filters.TEXT & ~filters.COMMAND, _spoken))
    application.add_error_handler(_failing(come_back))


def _obey(command: Command) -> Handler:
    async def handle(_: Update, context: Turn) -> None:
        visit = context.visit
        await _told(visit, obey(command, visit, _behind(visit.message.text or "")))

    return handle


def _behind(text: str) -> str:
    """What stands behind /command@bot."""
    parts = text.split(maxsplit=1)
    return parts[1] if len(parts) > 1 else ""


def _tapped(taps: dict[str, Tap]) -> Handler:
    async def handle(update: Update, context: Turn) -> None:
        visit, query = context.visit, update.callback_query
        verb, _, data = untagged(query.data or "")[0].partition(":") if query else ("", "", "")
        tap = taps.get(verb)
        if tap:
            await _told(visit, _run_tap(tap, visit, data))
        elif query:
            await _quietly(query.answer())  # of an older version, or made up: at least nothing spins

    return handle


async def _run_tap(tap: Tap, visit: Visit, data: str) -> None:
    if tap.right:
        approvals.demand(visit.member, tap.right)
    await tap.run(visit, data)
    if visit.query and not visit.answered:
        await _quietly(visit.query.answer())


async def _quietly(answer: Awaitable[object]) -> None:
    """A button's spinner that stopped by itself is no fault."""
    try:
        await answer
    except BadRequest as error:
        log.debug("tap not answered", error=str(error))


def _added(guard: Guard) -> Handler:
    """Before the guard, who lets only messages and taps through; it asks the same guard who this is."""

    async def handle(update: Update, context: Turn) -> None:
        change = update.my_chat_member
        if change is None or change.chat.type == ChatType.PRIVATE or change.new_chat_member.status not in _PRESENT:
            return
        if member := await guard.member(change.from_user):
            await offer_group(context.bot, member, change.chat.id)

    return handle


async def _spoken(_: Update, context: Turn) -> None:
    """The answer to an open question, or a command that is said in one's own words."""
    visit = context.visit
    await _told(visit, _answer(visit))


async def _answer(visit: Visit) -> None:
    contact, text = visit.message.contact, visit.message.text or ""
    form = await pending.current(visit)
    if await hearing.dropped(visit, form, text):
        return
    try:
        answered = await forms.answer(visit, contact.phone_number if contact else text)
    except UserError:
        if not hearing.turns_away(visit, form, text):
            raise
        answered = False
    if not answered:
        await (hearing.hear_contact(visit) if contact else hearing.hear(visit, text))


async def _filed(_: Update, context: Turn) -> None:
    visit = context.visit
    await _told(visit, _take_file(visit, context.bot.username))


async def _take_file(visit: Visit, bot: str) -> None:
    """With the command as its caption, or in answer to the question for one; in private others are told how."""
    head, _, behind = (visit.message.caption or "").partition(" ")
    name, _, addressee = head.lower().removeprefix("/").partition("@")
    if head.startswith("/") and name in BULK.names:
        if addressee in ("", bot.lower()):
            await obey(BULK, visit, behind)
    elif await bulk.awaited(visit):
        await obey(BULK, visit, "")
    elif visit.private:
        raise UserError("sheet.alone")


def _refusing(key: str) -> Handler:
    async def handle(_: Update, context: Turn) -> None:
        await context.visit.refuse(UserError(key))

    return handle


async def _told(visit: Visit, work: Awaitable[None]) -> None:
    try:
        await work
    except UserError as error:
        await visit.refuse(error)
    except NoKey:
        await visit.refuse(UserError("error.no_key"))


def _failing(come_back: Callable[[int], None]) -> Callable[[object, Turn], Coroutine[Any, Any, None]]:
    async def failed(update: object, context: Turn) -> None:
        """Everything that is no UserError: to the log, and one neutral line to the person."""
        error = context.error
        if isinstance(error, RetryAfter | NetworkError) and not isinstance(error, BadRequest):
            log.warning("Telegram did not take a message", error=str(error))
            return
        number = update.update_id if isinstance(update, Update) else None
        visit: Visit | None = getattr(context, "visit", None)
        if words := away(error):
            log.error("an update failed: the database did not answer", update=number, error=words)
            if visit is None and number is not None:
                come_back(number)
        else:
            log.error("an update failed", update=number, exc_info=error)
        if visit and not isinstance(error, TelegramError):
            await visit.refuse(UserError("error.neutral"))
        if visit is None:
            raise ApplicationHandlerStop  # the guard itself failed: nobody was let in, and no command runs

    return failed

"""Who may speak to the counter. It comes before every handler; a stranger is met with silence."""

import structlog
from telegram import CallbackQuery, Message, Update, User
from telegram.ext import ApplicationHandlerStop

from bot.errors import UserError
from bot.ui.belonging import place_of
from bot.ui.door import knock
from bot.ui.visit import Counter, Turn, Visit
from bot.ui.voices import voice_of
from bot.ui.witness import vouch
from storage import people
from storage.belonging import Place, recognise
from storage.people import Member

log = structlog.get_logger()


class Guard:
    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def __call__(self, update: Update, context: Turn) -> None:
        """The check is on the person, whatever the chat: a member in any group, a stranger in none."""
        user, message = update.effective_user, update.effective_message
        member, stray = await self._whose(user, place_of(update)) if user else (None, False)
        if member is None and not await self._let_in(user, update.message):
            await self._ignore(user, update.callback_query)
        if member and message is None and update.callback_query:  # under a message that was posted inline
            await update.callback_query.answer()
        if member is None or not isinstance(message, Message):
            raise ApplicationHandlerStop
        context.visit = Visit(
            counter=self._counter,
            member=member,
            voice=voice_of(member),
            message=message,
            query=update.callback_query,
        )
        if stray:
            await context.visit.refuse(UserError("shop.stray"))
            raise ApplicationHandlerStop

    async def _whose(self, user: User, place: Place) -> tuple[Member | None, bool]:
        """As whom they speak, and whether they tapped what is none of their merchants', or nobody knows whose."""
        if user.is_bot:
            return None, False
        return await self._counter.storage.insist(recognise, user.id, user.full_name, user.language_code or "", place)

    async def member(self, user: User) -> Member | None:
        """None for a stranger and for every bot, the anonymous group administrator among them."""
        if user.is_bot:
            return None
        return await self._counter.storage.insist(people.member, user.id, user.full_name, user.language_code or "")

    async def _let_in(self, user: User | None, message: Message | None) -> bool:
        """A stranger's new line that brings an invitation or asks about a receipt, and nothing else of theirs."""
        if user is None or user.is_bot or message is None:
            return False
        return await vouch(self._counter, user, message) or await knock(self._counter, user, message)

    async def _ignore(self, user: User | None, query: CallbackQuery | None) -> None:
        """The log tells an owner who is not named yet which id to put into OWNER_IDS."""
        if user and not user.is_bot:
            log.warning("a stranger was ignored; an owner's id belongs into OWNER_IDS", person=user.id)
        if query:
            await query.answer()  # only stops the button's spinner

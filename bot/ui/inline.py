"""@bot 5000 shoes in any chat: a request that a member posts there, and that turns into the receipt.

Asking for results creates nothing; the posted message is the intent.
"""

import structlog
from markupsafe import Markup
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import TelegramError

from bot.errors import UserError
from bot.payments.amounts import currency_of
from bot.payments.approvals import Right, may
from bot.payments.service import MOST_DESCRIPTION
from bot.texts import Voice
from bot.ui.guard import Guard
from bot.ui.parse import parse_wish
from bot.ui.visit import Counter, Turn, explain
from bot.ui.voices import voice_of
from providers.money import Money
from storage.people import Member

log = structlog.get_logger()

_START = "inline"


class Inline:
    def __init__(self, counter: Counter, guard: Guard) -> None:
        self._counter = counter
        self._guard = guard

    async def asked(self, update: Update, _: Turn) -> None:
        """Results are this person's, and good for this moment. A stranger gets none, and no word why."""
        query = update.inline_query
        if query is None:
            return
        member = await self._guard.member(query.from_user)
        asks = member is not None and may(member, Right.ASK)
        results, button = await self._offered(member, query) if member and asks else ([], None)
        try:
            await query.answer(results, cache_time=0, is_personal=True, button=button)
        except TelegramError as error:  # typed on meanwhile
            log.debug("inline query not answered", error=str(error))

    async def _offered(
        self, member: Member, query: InlineQuery
    ) -> tuple[list[InlineQueryResultArticle], InlineQueryResultsButton | None]:
        voice = voice_of(member)
        try:
            amount, what = _read(member, query.query)
        except UserError:
            return [], _explained(voice, "inline.usage")
        try:
            await self._counter.links.possible(member, amount, what)
        except UserError:
            return [], _explained(voice, "inline.no_link")
        return [_result(voice, member, amount, what)], None

    async def chosen(self, update: Update, context: Turn) -> None:
        """Without feedback (BotFather: /setinlinefeedback) this never comes, and the message stays as it is."""
        chosen = update.chosen_inline_result
        member = await self._guard.member(chosen.from_user) if chosen else None
        if chosen is None or not chosen.inline_message_id or member is None:
            return
        try:
            if chosen.result_id != _result_id(member):  # another shop was chosen since the results were shown
                raise UserError("shop.stray")  # noqa: TRY301
            amount, what = _read(member, chosen.query)
            await self._counter.links.post(member, amount, what, chosen.inline_message_id)
        except UserError as error:
            text = explain(voice_of(member), error)
            await context.bot.edit_message_text(
                text, inline_message_id=chosen.inline_message_id, parse_mode=ParseMode.HTML
            )


def _read(member: Member, text: str) -> tuple[Money, str]:
    """An amount and what for. Raises UserError for anything else; a phone has no place in a link for anybody."""
    country = member.merchant.country
    wish = parse_wish(text, country, currency_of(country))
    what = wish.description or ""
    if wish.amount is None or wish.phone or len(what) > MOST_DESCRIPTION:
        raise UserError("inline.usage")
    return wish.amount, what


def _result_id(member: Member) -> str:
    """Whose request it is: that stands in the text that is posted."""
    return f"ask:{member.merchant.id}"


def _explained(voice: Voice, key: str) -> InlineQueryResultsButton:
    return InlineQueryResultsButton(voice.say(key).striptags(), start_parameter=_START)


def _result(voice: Voice, member: Member, amount: Money, what: str) -> InlineQueryResultArticle:
    """With a button, since only then does Telegram tell by which id the message can be edited."""
    shop = member.merchant.name
    title = voice.say("inline.title.for" if what else "inline.title", amount=amount, description=what)
    lines = [voice.say("inline.head", shop=shop, amount=amount)]
    lines += [voice.say("inline.for", description=what)] if what else []
    text = Markup("\n").join([*lines, voice.say("inline.coming")])
    wait = InlineKeyboardMarkup([[InlineKeyboardButton(voice.say("inline.wait"), callback_data="wait:")]])
    return InlineQueryResultArticle(
        _result_id(member),
        title.striptags(),
        InputTextMessageContent(text, ParseMode.HTML),
        reply_markup=wait,
        description=voice.say("inline.about", shop=shop).striptags(),
    )

"""python-telegram-bot lives in the local Telegram as in the real one."""

import asyncio
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import CallbackQueryHandler, CommandHandler, MessageHandler, filters

from bot.demo import LocalTelegram
from tests.bot.demo.conftest import polling


async def offer(update: Update, _: Any) -> None:
    assert update.effective_message is not None
    buttons = [
        InlineKeyboardButton("✅ Confirmer", callback_data="yes"),
        InlineKeyboardButton("Non", callback_data="no"),
    ]
    await update.effective_message.reply_html(
        "<b>5 000 XAF</b> à confirmer", reply_markup=InlineKeyboardMarkup([buttons])
    )


async def decide(update: Update, _: Any) -> None:
    query = update.callback_query
    assert query is not None
    await query.answer("Envoyé", show_alert=True)
    await query.edit_message_text(f"reçu: {query.data}")


async def test_a_command_becomes_a_card_and_a_tap_turns_it_into_a_receipt(telegram: LocalTelegram) -> None:
    ada = telegram.add_user("Ada", "fr")
    chat = telegram.private(ada)
    async with polling(telegram, CommandHandler("request", offer), CallbackQueryHandler(decide)):
        telegram.say(ada, chat, "/request 5000 237677777777")
        card = await telegram.wait_for(chat, "5 000")
        answer = await telegram.tap(ada, card, "confirmer")
        await telegram.wait_for(chat, lambda message: message is card and message.text == "reçu: yes")
        assert (answer.text, answer.show_alert) == ("Envoyé", True)
        assert card.buttons == []
        assert card.edit_date is not None


async def test_a_stopped_bot_does_not_hold_the_server_up(telegram: LocalTelegram) -> None:
    async def echo(update: Update, _: Any) -> None:
        assert update.effective_message is not None
        await update.effective_message.reply_text(update.effective_message.text or "")

    bob = telegram.add_user("Bob", "en")
    async with polling(telegram, MessageHandler(filters.TEXT, echo)):
        telegram.say(bob, telegram.private(bob), "bonjour 🏟")
        await telegram.wait_for(telegram.private(bob), "bonjour 🏟")
        await asyncio.sleep(0)

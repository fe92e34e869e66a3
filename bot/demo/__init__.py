"""A local Telegram: the Bot API over HTTP and a chat page in the browser. No token, no account, no network.

The bot reaches it by TELEGRAM_API_URL alone. Imports nothing of the bot, the payment systems or the storage.
"""

from bot.demo.clock import DrivenClock
from bot.demo.handle import LocalTelegram
from bot.demo.limits import Limits
from bot.demo.messages import Button, Message
from bot.demo.people import Chat, User
from bot.demo.serve import serve
from bot.demo.switches import Switch
from bot.demo.taps import Answer, Tap

__all__ = [
    "Answer",
    "Button",
    "Chat",
    "DrivenClock",
    "Limits",
    "LocalTelegram",
    "Message",
    "Switch",
    "Tap",
    "User",
    "serve",
]

"""Whether a receipt is true, said to whoever asks: the other line of a stranger that the counter answers."""

import re

from markupsafe import Markup
from telegram import Message, User
from telegram.constants import ChatType, ParseMode

from bot.payments.receipts import plain_code
from bot.texts import Voice, language_for
from bot.ui import slip
from bot.ui.turnstile import Pass
from bot.ui.visit import Counter

START = "receipt_"
"""What the link on a receipt carries before the code."""

_ASKED = re.compile(rf"(?:/(?:receipt|recu)(?:@\w+)?\s+|/start(?:@\w+)? {START})(?P<code>.{{1,60}})", re.IGNORECASE)
_HOME = "fr", "Africa/Douala"
"""Who asks with a wrong code belongs to no shop."""


async def vouch(counter: Counter, user: User, message: Message) -> bool:
    """A stranger's line. False where it asks about no receipt: then nobody is here."""
    found = _ASKED.fullmatch((message.text or "").strip()) if message.chat.type == ChatType.PRIVATE else None
    if found is None:
        return False
    passed = counter.turnstile.turn(user.id)
    if passed is Pass.IN:
        await message.reply_text(await answer(counter, user, found["code"]), ParseMode.HTML)
    elif passed is Pass.TOLD:
        voice = Voice(language_for(user.language_code, _HOME[0]), _HOME[1])
        await message.reply_text(voice.say("receipt.wait"), ParseMode.HTML)
    return True


async def answer(counter: Counter, user: User, code: str, voice: Voice | None = None) -> Markup:
    """In the asker's language and by the shop's clock."""
    found = await counter.receipts.verify(code)
    language, zone = (found.merchant.language, found.merchant.timezone) if found else _HOME
    speaks = voice.language if voice else language_for(user.language_code, language)
    if found is None:
        # Only what looks like a code can be called a forgery: a payment's reference stands on true receipts too.
        return Voice(speaks, zone).say("receipt.not_ours" if plain_code(code) else "receipt.no_code")
    return slip.verdict(Voice(speaks, zone), found)

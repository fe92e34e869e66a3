"""/check: did it really arrive? By the systems' own records, for an amount, a phone or a reference."""

from markupsafe import Markup
from telegram import InlineKeyboardMarkup
from telegram.constants import ChatAction

from bot.commands.base import Command, Tap
from bot.payments.approvals import Right
from bot.payments.arrivals import LONGEST, USUAL
from bot.ui import arrivals
from bot.ui.beside import phone_beside
from bot.ui.visit import Visit


async def _check(visit: Visit, text: str) -> None:
    """Alone, in answer to an SMS that was passed on, it asks for the number in there."""
    if not text and (phone := phone_beside(visit)):
        text = f"+{phone.msisdn}"
    arrivals.read(text, visit.member.merchant.country, visit.currency)
    await visit.message.reply_chat_action(ChatAction.TYPING)
    await visit.say(*await _answer(visit, text, USUAL, 0))


async def _turned(visit: Visit, data: str) -> None:
    days, offset, text = [*data.split(":", 2), "", ""][:3]
    await visit.answer_first()
    back = LONGEST if days == str(LONGEST) else USUAL
    await visit.show(*await _answer(visit, text, back, int(offset) if offset.isdecimal() and len(offset) < 4 else 0))


async def _answer(visit: Visit, text: str, days: int, offset: int) -> tuple[Markup, InlineKeyboardMarkup | None]:
    wanted = arrivals.read(text, visit.member.merchant.country, visit.currency)
    found = await visit.counter.arrivals.check(visit.member, wanted, days=days)
    answer = arrivals.told(visit.voice, found, offset, hide=not visit.private)
    return answer, arrivals.buttons(visit.voice, found, offset, text)


CHECK = Command("check", "verifier", _check, Right.SEE_OWN)
CHECK_TAP = Tap("check", _turned, Right.SEE_OWN)

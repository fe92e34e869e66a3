"""The last payments that went through, to be tapped where a reference would have to be typed."""

from collections.abc import Callable

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.errors import UserError
from bot.ui import cards
from bot.ui.slip import veiled
from bot.ui.visit import Visit
from providers.messages import Channel
from providers.money import Money
from storage.models import Payment

_LOOKED_AT = 30
_MOST = 5


async def offer(visit: Visit, verb: str, which: str, usage: str, fits: Callable[[Payment], bool]) -> None:
    """Asks `which` of those that the person sees. Raises UserError with `usage` where there is none."""
    seen = await visit.counter.payments.history(visit.member, limit=_LOOKED_AT)
    found = [payment for payment in seen if fits(payment)][:_MOST]
    if not found:
        raise UserError(usage)
    rows = [[InlineKeyboardButton(_label(visit, payment), callback_data=f"{verb}:{payment.id}")] for payment in found]
    await visit.say(visit.voice.say(which), InlineKeyboardMarkup(rows))


def _label(visit: Visit, payment: Payment) -> str:
    """In a group the button stands before everybody."""
    phone = payment.msisdn and payment.channel != Channel.CRYPTO
    party = veiled(payment.msisdn) if phone else cards.who(visit.voice, payment, hide=True)
    amount = Money(payment.amount, payment.currency)
    return visit.voice.say("button.finished", amount=amount, party=party).unescape()

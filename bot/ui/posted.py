"""A request as whoever reads it in the chat where it was posted sees it, up to the receipt. Pure."""

from collections.abc import Sequence

from markupsafe import Markup

from bot.payments.lapses import until
from bot.payments.receipts import Slip, Standing
from bot.texts import Voice
from bot.ui.slip import grouped
from providers.money import Money
from storage.models import Payment
from storage.states import NEVER_SENT, State

_BREAK = Markup("\n")


def posted(voice: Voice, payment: Payment, shop: str, slip: Slip | None, bot: str) -> Markup:
    """Nothing of the merchant's own business: no fee, no system, no phone. `slip`: it was paid."""
    lines = [voice.say("inline.head", shop=shop, amount=Money(payment.amount, payment.currency))]
    if payment.description:
        lines.append(voice.say("inline.for", description=payment.description))
    return _BREAK.join([*lines, *_standing(voice, payment, slip, bot)])


def _standing(voice: Voice, payment: Payment, slip: Slip | None, bot: str) -> Sequence[Markup]:
    url = (payment.step or {}).get("url", "")
    if slip:
        return _receipt(voice, slip, bot)
    if payment.state is State.REVIEW:
        return [voice.say("inline.checked")]
    if payment.state in {State.FAILED, State.REVERSED, *NEVER_SENT}:
        return [voice.say("inline.over")]
    if "lapsed" in payment.checks:
        return [voice.say("inline.lapsed")]
    if payment.state in {State.PENDING, State.UNKNOWN} and url:
        end = until(payment)
        return [voice.say("inline.pay", url=url), *([voice.say("card.link_until", until=end)] if end else [])]
    return [voice.say("inline.coming")]


def _receipt(voice: Voice, slip: Slip, bot: str) -> list[Markup]:
    if slip.standing is not Standing.GOOD:
        return [voice.say("inline.given_back")]
    code = voice.say("inline.receipt", code=grouped(slip.code), bot=bot)
    at = slip.payment.settled_at or slip.payment.created_at
    return [voice.say("inline.paid", at=at), code, *([voice.say("inline.page", url=slip.url)] if slip.url else [])]

"""Buttons. Their data is a verb and what it is about, at most 64 bytes; rights are checked when they are tapped."""

from urllib.parse import urlsplit

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.again import can_repeat
from bot.payments.policy import GUARDED, LINK_HOURS
from bot.payments.receipts import GIVEN
from bot.texts import LANGUAGES, Voice
from providers.errors import Reason
from providers.messages import Channel, Kind, StepKind
from storage.models import Payment
from storage.states import CANCELLABLE, State

_NO_USE = {Reason.BAD_PHONE, Reason.BAD_AMOUNT, Reason.OPERATOR_UNSUPPORTED}


def of_card(
    voice: Voice, payment: Payment, *, refundable: bool = False, saves: bool = False
) -> InlineKeyboardMarkup | None:
    """`saves`: its asker may give the number a name, and it has none."""
    cancel = InlineKeyboardButton(voice.say("button.cancel"), callback_data=f"cancel:{payment.id}")
    if payment.state is State.DRAFT:
        again = "repeats" in payment.checks
        label = voice.say("button.again") if again else voice.say(f"button.confirm.{payment.kind}")
        verb = "again" if again else "confirm"
        return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=f"{verb}:{payment.id}"), cancel]])
    if payment.state is State.AWAITING_APPROVAL and payment.chat_id < 0:  # in a group a second person reads along
        return InlineKeyboardMarkup([_decision(voice, payment), [cancel]])
    if payment.state in CANCELLABLE:
        return InlineKeyboardMarkup([[cancel]])
    if _can_be_asked_again(payment):
        remind = InlineKeyboardButton(voice.say("button.remind"), callback_data=f"remind:{payment.id}")
        return InlineKeyboardMarkup([[remind]])
    if can_repeat(payment) and not _unpaid(payment) and payment.reason not in _NO_USE:
        return _of_ended(voice, payment, refundable, saves)
    return of_paid(voice, payment, refundable) if payment.state is State.SUCCEEDED else _of_step(voice, payment)


def _of_ended(voice: Voice, payment: Payment, refundable: bool, saves: bool) -> InlineKeyboardMarkup:
    row = [InlineKeyboardButton(voice.say("button.redo"), callback_data=f"redo:{payment.id}")]
    if payment.state is not State.SUCCEEDED:
        return InlineKeyboardMarkup([row])
    if saves:
        row.append(InlineKeyboardButton(voice.say("button.payee_save"), callback_data=f"keep:{payment.id}"))
    paid = of_paid(voice, payment, refundable)
    return InlineKeyboardMarkup([*(paid.inline_keyboard if paid else []), row])


def of_paid(voice: Voice, payment: Payment, refundable: bool) -> InlineKeyboardMarkup | None:
    """What can still be done about a payment that went through."""
    row = []
    if payment.kind in GIVEN:
        row.append(InlineKeyboardButton(voice.say("button.receipt"), callback_data=f"receipt:{payment.id}"))
    if refundable:
        row.append(InlineKeyboardButton(voice.say("button.refund"), callback_data=f"refund:{payment.id}"))
    return InlineKeyboardMarkup([row]) if row else None


def _can_be_asked_again(payment: Payment) -> bool:
    """A request that nobody paid. A wrong number stays wrong."""
    return _unpaid(payment) and payment.reason not in _NO_USE and "reminded" not in payment.checks


def _unpaid(payment: Payment) -> bool:
    of_phone = payment.kind == Kind.COLLECTION and payment.channel == Channel.MOBILE
    return of_phone and payment.state in {State.EXPIRED, State.FAILED}


def of_approval(voice: Voice, payment: Payment) -> InlineKeyboardMarkup:
    """The version is what the person saw: a payment that changed meanwhile is not approved by it."""
    return InlineKeyboardMarkup([_decision(voice, payment), [_stop(voice)]])


def of_money_out(voice: Voice, payment: Payment) -> InlineKeyboardMarkup | None:
    """Under every notice of money that leaves: the button that stops what has not left yet."""
    return InlineKeyboardMarkup([[_stop(voice)]]) if payment.kind in GUARDED else None


def of_pause(voice: Voice) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(voice.say("button.resume"), callback_data="resume:")]])


def _decision(voice: Voice, payment: Payment) -> list[InlineKeyboardButton]:
    about = f"{payment.id}:{payment.version}"
    return [
        InlineKeyboardButton(voice.say("button.approve"), callback_data=f"approve:{about}"),
        InlineKeyboardButton(voice.say("button.reject"), callback_data=f"reject:{about}"),
    ]


def _stop(voice: Voice) -> InlineKeyboardButton:
    return InlineKeyboardButton(voice.say("button.stop"), callback_data="stop:")


def _of_step(voice: Voice, payment: Payment) -> InlineKeyboardMarkup | None:
    """Telegram refuses a whole message for one address that is not public, so only those become buttons."""
    step = payment.step or {}
    if payment.state not in {State.PENDING, State.UNKNOWN} or not step:
        return None
    if payment.channel == Channel.LINK:
        return _of_link(voice, payment, step["url"])
    if step["kind"] in {StepKind.GIVE_CODE, StepKind.DEPOSIT}:
        code = InlineKeyboardButton(voice.say(f"button.{step['kind']}"), callback_data=f"code:{payment.id}")
        return InlineKeyboardMarkup([[code]])
    return InlineKeyboardMarkup([page]) if (page := _page(voice, step["url"])) else None


def _of_link(voice: Voice, payment: Payment, url: str) -> InlineKeyboardMarkup:
    if "lapsed" in payment.checks:
        again = InlineKeyboardButton(voice.say("button.relink"), callback_data=f"relink:{payment.id}")
        return InlineKeyboardMarkup([[again]])
    hours = [
        InlineKeyboardButton(voice.say("button.until", hours=one), callback_data=f"until:{payment.id}:{one}")
        for one in LINK_HOURS
    ]
    return InlineKeyboardMarkup([row for row in (_page(voice, url), hours) if row])


def of_posted(voice: Voice, payment: Payment) -> InlineKeyboardMarkup | None:
    """For whoever may pay; nothing of what only the merchant may do."""
    step = payment.step or {}
    waits = payment.state in {State.PENDING, State.UNKNOWN} and step and "lapsed" not in payment.checks
    page = _page(voice, step["url"]) if waits else []
    return InlineKeyboardMarkup([page]) if page else None


def _page(voice: Voice, url: str) -> list[InlineKeyboardButton]:
    address = urlsplit(url)
    public = address.scheme == "https" and "." in (address.hostname or "")
    return [InlineKeyboardButton(voice.say("button.page"), url=url)] if public else []


def of_history(voice: Voice, *, newer: int | None, older: int | None) -> InlineKeyboardMarkup | None:
    row = []
    if newer is not None:
        row.append(InlineKeyboardButton(voice.say("button.newer"), callback_data=f"history:{newer}"))
    if older is not None:
        row.append(InlineKeyboardButton(voice.say("button.older"), callback_data=f"history:{older}"))
    return InlineKeyboardMarkup([row]) if row else None


def of_languages(voice: Voice) -> InlineKeyboardMarkup:
    row = [
        InlineKeyboardButton(voice.say(f"language.{language}"), callback_data=f"language:{language}")
        for language in LANGUAGES
    ]
    return InlineKeyboardMarkup([row])


def of_group_offer(voice: Voice) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(voice.say("button.group"), callback_data="group:here")]])

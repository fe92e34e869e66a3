"""How a payment in review looks: in the queue, as a card with what can be done, and to a system's support. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.review import ENDS, Advice, File, Item
from bot.texts import LANGUAGES, Voice
from bot.ui import cards
from providers.messages import Channel, Kind
from providers.money import Money
from storage.models import Attempt, Payment
from storage.states import State

_BREAK = Markup("\n")
_HEARD = 8
"""What a system said last, so many times; support needs no more."""


def queue_line(voice: Voice, item: Item, now: datetime) -> Markup:
    payment = item.payment
    line = voice.say(
        "review.line",
        amount=Money(payment.amount, payment.currency),
        party=cards.party(voice, payment, hide=True),
        age=age(voice, now - item.since),
        why=voice.say(f"reason.{payment.reason or 'other'}"),
        id=payment.id,
    )
    return line + _BREAK + voice.say("review.line.proposed", end=end(voice, item)) if item.proposal else line


def age(voice: Voice, span: timedelta) -> Markup:
    minutes = max(0, int(span.total_seconds()) // 60)
    if minutes < 60:
        return voice.say("age.minutes", minutes=minutes)
    hours = minutes // 60
    return voice.say("age.hours", hours=hours) if hours < 48 else voice.say("age.days", days=hours // 24)


def end(voice: Voice, item: Item) -> Markup:
    """What the proposal says happened."""
    assert item.proposal  # noqa: S101 - the caller's branch
    return voice.say(f"review.end.{item.proposal.state}.{_side(item.payment)}")


def card(voice: Voice, item: Item, title: str, proposer: str, now: datetime) -> Markup:
    parts = [cards.card(voice, item.payment, title), voice.say("review.since", age=age(voice, now - item.since))]
    if item.proposal:
        parts.append(
            voice.say(
                "review.proposed",
                name=proposer or voice.say("group.someone"),
                end=end(voice, item),
                reason=item.proposal.reason,
                until=item.proposal.expires_at,
            )
        )
    return (_BREAK * 2).join(parts)


def of_queue(
    voice: Voice, items: list[Item], *, newer: int | None = None, older: int | None = None
) -> InlineKeyboardMarkup:
    """The longest waiting come first: what is on the next page is newer."""
    rows = [
        [
            InlineKeyboardButton(
                voice.say(
                    "button.dispute", amount=Money(item.payment.amount, item.payment.currency), id=item.payment.id
                ),
                callback_data=f"dispute:{item.payment.id}",
            )
        ]
        for item in items
    ]
    turns = [
        InlineKeyboardButton(voice.say(key), callback_data=f"review:{offset}")
        for key, offset in (("button.longer_waiting", older), ("button.less_waiting", newer))
        if offset is not None
    ]
    return InlineKeyboardMarkup(rows + ([turns] if turns else []))


def of_card(voice: Voice, item: Item, *, decides: bool, mine: bool) -> InlineKeyboardMarkup:
    """`decides`: whoever sees it may; `mine`: the proposal is theirs."""
    payment = item.payment
    rows = [
        [
            InlineKeyboardButton(voice.say("button.look"), callback_data=f"look:{payment.id}"),
            InlineKeyboardButton(voice.say("button.pack"), callback_data=f"pack:{payment.id}"),
        ]
    ]
    if decides and item.proposal:
        agree = InlineKeyboardButton(voice.say("button.agree"), callback_data=f"agree:{item.proposal.id}")
        key = "button.withdraw" if mine else "button.object"
        back = InlineKeyboardButton(voice.say(key), callback_data=f"object:{item.proposal.id}")
        rows.append([back] if mine else [agree, back])
    if decides:
        rows.append(
            [
                InlineKeyboardButton(
                    voice.say(f"button.end.{state}.{_side(payment)}"), callback_data=f"end:{payment.id}:{state}"
                )
                for state in ENDS
            ]
        )
    return InlineKeyboardMarkup(rows)


def question(voice: Voice, payment: Payment, state: State) -> Markup:
    return voice.say("review.why", end=voice.say(f"review.end.{state}.{_side(payment)}"), id=payment.id)


def decided(voice: Voice, payment: Payment) -> Markup:
    return voice.say(
        "review.decided",
        amount=Money(payment.amount, payment.currency),
        party=cards.party(voice, payment, hide=True),
        end=voice.say(f"review.end.{payment.state}.{_side(payment)}"),
        id=payment.id,
    )


def advice(voice: Voice, said: list[Advice]) -> Markup:
    return _BREAK.join([*(_one_advice(voice, one) for one in said), voice.say("advice.only")])


def _one_advice(voice: Voice, one: Advice) -> Markup:
    if one.report is None:
        return voice.say("advice.silent", title=one.title)
    line = voice.say(f"advice.{one.report.outcome}", title=one.title)
    if one.report.word:
        line += " " + voice.say("advice.word", word=one.report.word)
    return line + _BREAK + voice.say("advice.quarrel", quarrel=one.quarrel) if one.quarrel else line


def of_pack(voice: Voice, payment_id: str, shown: str) -> InlineKeyboardMarkup:
    """The same in the other language."""
    row = [
        InlineKeyboardButton(voice.say(f"language.{language}"), callback_data=f"pack:{payment_id}:{language}")
        for language in LANGUAGES
        if language != shown
    ]
    return InlineKeyboardMarkup([row])


def pack(voice: Voice, file: File) -> Markup:
    """To be forwarded as it is, so the phone is in full; `voice` speaks the support's language."""
    payment = file.payment
    lines = [
        voice.say("pack.head", title=file.title),
        Markup(""),
        voice.say(
            f"pack.kind.{_side(payment)}", amount=f"{Money(payment.amount, payment.currency).plain} {payment.currency}"
        ),
        *_party(voice, payment),
        voice.say("pack.sent", at=_zoned(voice, payment.sent_at or payment.created_at)),
        voice.say("pack.ours", id=payment.id),
        *(_key(voice, attempt) for attempt in file.attempts),
        *_theirs(voice, file),
        Markup(""),
        voice.say("pack.why", why=voice.say(f"reason.{payment.reason or 'other'}")),
        *(voice.say("pack.heard", at=_zoned(voice, event.at), note=event.note) for event in file.heard[-_HEARD:]),
        Markup(""),
        voice.say(f"pack.question.{_side(payment)}"),
    ]
    return _BREAK.join(lines)


def _party(voice: Voice, payment: Payment) -> list[Markup]:
    if payment.channel == Channel.CRYPTO:
        address = payment.extras.get("address", "")
        return [voice.say("pack.address", network=payment.operator, address=address)] if address else []
    return [voice.say("pack.phone", phone=payment.msisdn, operator=payment.operator)] if payment.msisdn else []


def _key(voice: Voice, attempt: Attempt) -> Markup:
    return voice.say("pack.key", sent=attempt.id, at=_zoned(voice, attempt.created_at))


def _theirs(voice: Voice, file: File) -> list[Markup]:
    payment = file.payment
    if not file.ours or not payment.reference:
        return [voice.say("pack.theirs.none")]
    lines = [voice.say("pack.theirs", reference=payment.reference)]
    if payment.operator_reference:
        lines.append(voice.say("pack.operators", reference=payment.operator_reference))
    return lines


def _zoned(voice: Voice, at: datetime) -> str:
    """Somebody elsewhere reads it: with its offset."""
    return at.astimezone(ZoneInfo(voice.timezone)).isoformat(" ", "seconds")


def _side(payment: Payment) -> str:
    return "in" if payment.kind == Kind.COLLECTION else "out"

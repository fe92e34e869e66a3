"""What a receipt says: the same lines on the picture, in the document, on the page and in the chat. Pure."""

from dataclasses import dataclass

import phonenumbers
from markupsafe import Markup
from phonenumbers import NumberParseException

from bot.payments.receipts import Slip, Standing
from bot.texts import Voice
from bot.ui import cards
from providers.messages import Channel, Kind
from providers.money import Money
from providers.redaction import mask_msisdn

_BREAK = Markup("\n")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A receipt's words in one language. `good`: what it says still holds. `how`: how anyone can check it."""

    shop: str
    heading: str
    amount: str
    stamp: str
    good: bool
    rows: tuple[tuple[str, str], ...]
    code_label: str
    code: str
    how: str


def sheet(voice: Voice, slip: Slip, bot: str) -> Sheet:
    """`bot`: its name, whom a code can be sent to."""
    payment = slip.payment
    return Sheet(
        shop=slip.merchant.name,
        heading=_plain(voice.say(f"receipt.heading.{payment.kind}")),
        amount=voice.amount(Money(payment.amount, payment.currency)),
        stamp=_plain(voice.say(f"receipt.stamp.{slip.standing}")),
        good=slip.standing is Standing.GOOD,
        rows=tuple((label, value) for label, value in _rows(voice, slip) if value),
        code_label=_plain(voice.say("receipt.code")),
        code=grouped(slip.code),
        how=_plain(voice.say("receipt.how", bot=bot)),
    )


def verdict(voice: Voice, slip: Slip) -> Markup:
    """For whoever sent the code: is it true, and does it still hold?"""
    lines = [voice.say("receipt.row", label=label, value=value) for label, value in facts(voice, slip)]
    return (_BREAK * 2).join([headline(voice, slip), _BREAK.join(lines), voice.say("receipt.compare")])


def headline(voice: Voice, slip: Slip) -> Markup:
    at = voice.time(slip.changed_at) if slip.changed_at else ""
    return voice.say(f"receipt.verdict.{slip.standing}", at=at, shop=slip.merchant.name)


def facts(voice: Voice, slip: Slip) -> list[tuple[str, str]]:
    payment = slip.payment
    amount = voice.amount(Money(payment.amount, payment.currency))
    head = [(_plain(voice.say("receipt.shop")), slip.merchant.name), (_plain(voice.say("receipt.amount")), amount)]
    return head + [(label, value) for label, value in _rows(voice, slip) if value]


def grouped(code: str) -> str:
    """K7QX-9M2T-DR4P: read and typed in three breaths."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def veiled(msisdn: str) -> str:
    """677•••456: its owner knows it, nobody else can call it."""
    try:
        national = str(phonenumbers.parse(f"+{msisdn}").national_number)
    except NumberParseException:
        return mask_msisdn(msisdn)
    return f"{national[:3]}•••{national[-3:]}" if len(national) > 7 else mask_msisdn(msisdn)


def _rows(voice: Voice, slip: Slip) -> list[tuple[str, str]]:
    payment = slip.payment
    phone = payment.msisdn and payment.channel != Channel.CRYPTO
    party = veiled(payment.msisdn) if phone else str(cards.who(voice, payment, hide=True))
    side = "from" if payment.kind == Kind.COLLECTION else "to"
    return [
        (_plain(voice.say(f"receipt.{key}", title=slip.title)), value)
        for key, value in (
            ("at", _moment(voice, slip)),
            (side, party),
            ("operator", payment.operator),
            ("system", slip.title),
            ("ours", payment.id),
            ("theirs", payment.reference),
            ("operators", payment.operator_reference),
            ("for", payment.description),
        )
    ]


def _moment(voice: Voice, slip: Slip) -> str:
    """By the shop's clock, wherever it is read."""
    at = slip.payment.settled_at or slip.payment.created_at
    return Voice(voice.language, slip.merchant.timezone).moment(at)


def _plain(text: Markup) -> str:
    return text.striptags()

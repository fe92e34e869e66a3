"""Whether money arrived: reads what is told of it, and says what was asked of whom, and when. Pure."""

import re
from contextlib import suppress

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.errors import UserError
from bot.payments.arrivals import LONGEST, Findings, Found, Verdict, Wanted
from bot.payments.phone import parse_phone, pretty
from bot.texts import Voice
from bot.ui import cards
from bot.ui.parse import parse_wish
from providers.money import Money
from providers.redaction import mask_msisdn

PAGE = 5

_REFERENCE = re.compile(r"(?=.*\d)[\w.:/-]{4,64}|[2-9A-HJ-NP-Z]{10}", re.ASCII | re.IGNORECASE)
_BREAK = Markup("\n")
_DATA_MOST = 64


def read(text: str, country: str, currency: str) -> Wanted:
    """An amount, a phone, a reference, alone or together, in any order. Raises UserError for what is none of them."""
    words = text.split()
    if not words:
        raise UserError("check.usage")
    if len(words) == 1:
        return _one_word(words[0], country, currency)
    try:
        return _together(text, country, currency)
    except UserError:
        for reference, rest in ((words[-1], words[:-1]), (words[0], words[1:])):
            if _REFERENCE.fullmatch(reference) and (known := _try(" ".join(rest), country, currency)):
                return Wanted(known.amount, known.msisdn, reference)
        raise


def _one_word(word: str, country: str, currency: str) -> Wanted:
    """677123456 may be a phone or an operator's number for the transaction; 5000 an amount or a short one."""
    known = _try(word, country, currency)
    if _REFERENCE.fullmatch(word):
        return Wanted(known.amount, known.msisdn, word, sure=False) if known else Wanted(reference=word)
    if known:
        return known
    raise UserError("check.unreadable", text=word)


def _try(text: str, country: str, currency: str) -> Wanted | None:
    try:
        known = _together(text, country, currency)
    except UserError:
        return None
    return known if not known.reference else None


def _together(text: str, country: str, currency: str) -> Wanted:
    with suppress(UserError):
        return Wanted(msisdn=parse_phone(text, country).msisdn)
    wish = parse_wish(text, country, currency)
    rest = wish.description or ""
    if rest and not _REFERENCE.fullmatch(rest):
        raise UserError("check.unreadable", text=rest)
    return Wanted(wish.amount, wish.phone.msisdn if wish.phone else "", rest)


def told(voice: Voice, found: Findings, offset: int, *, hide: bool) -> Markup:
    """`hide`: for many eyes, phones are masked."""
    shown = found.found[offset : offset + PAGE]
    head = [voice.say("check.title", what=_what(voice, found.wanted, hide)), _verdict(voice, found)]
    parts = [_BREAK.join(head), *(_found(voice, one, found, hide) for one in shown)]
    if len(found.found) > PAGE:
        parts.append(voice.say("check.page", first=offset + 1, last=offset + len(shown), count=len(found.found)))
    if found.near:
        parts += [voice.say("check.near"), *(_found(voice, one, found, hide) for one in found.near)]
    return (_BREAK * 2).join([*parts, _BREAK.join(_scope(voice, found))])


def _what(voice: Voice, wanted: Wanted, hide: bool) -> str:
    amount = voice.amount(wanted.amount) if wanted.amount else ""
    phone = _phone(wanted.msisdn, hide) if wanted.msisdn else ""
    reference = wanted.reference if wanted.sure or not (amount or phone) else ""
    return " · ".join(filter(None, (amount, phone, reference)))


def _phone(msisdn: str, hide: bool) -> str:
    return mask_msisdn(msisdn) if hide else pretty(msisdn)


def _verdict(voice: Voice, found: Findings) -> Markup:
    newest = found.found[0] if found.found else None
    ago = voice.ago(newest.at, found.at) if newest else ""
    silent = ", ".join(one.title for one in found.accounts if one.read is False)
    return voice.say(f"check.verdict.{found.verdict}", ago=ago, titles=silent)


def _found(voice: Voice, one: Found, among: Findings, hide: bool) -> Markup:
    lines = [_payment(voice, one, hide) if one.payment else _stray(voice, one, hide)]
    lines += [voice.say(f"check.differs.{flaw}") for flaw in one.differs]
    if one.refund:
        state = cards.state_words(voice, one.refund)
        lines.append(voice.say("check.refund", state=state, at=one.refund.settled_at or one.refund.created_at))
    if one.heard is not None:
        key = "check.asked" if one.heard else "check.no_answer"
        lines.append(voice.say(key, title=one.title, at=voice.clock(among.at)))
    return _BREAK.join(lines)


def _payment(voice: Voice, one: Found, hide: bool) -> Markup:
    """Of a payment that somebody else asked for no more is said than tells it apart."""
    payment = one.payment
    assert payment  # noqa: S101 - the caller's branch
    line = voice.say(
        "check.line",
        sign=cards.sign(payment),
        state=cards.state_words(voice, payment),
        at=one.at,
        amount=Money(payment.amount, payment.currency),
        party=cards.party(voice, payment, hide=hide or not one.mine),
        title=one.title,
        id=payment.id,
    )
    if not one.mine:
        return line + _BREAK + voice.say("check.anothers")
    references = [payment.reference, payment.operator_reference]
    return _BREAK.join([line, *(voice.say("check.reference", reference=word) for word in references if word)])


def _stray(voice: Voice, one: Found, hide: bool) -> Markup:
    line = one.line
    assert line  # noqa: S101 - one of the two is there
    return voice.say(
        "check.stray",
        at=one.at,
        amount=line.amount,
        party=(_phone(line.msisdn.removeprefix("+"), hide) if line.msisdn else "–"),
        title=one.title,
        reference=line.operator_reference or line.reference,
    )


def _scope(voice: Voice, found: Findings) -> list[Markup]:
    """How far it was looked, and where not: without that "not received" would say too much."""
    day = voice.day(found.since)
    by_reference = found.wanted.reference and found.wanted.sure
    lines = [voice.say("check.scope.ever" if by_reference else "check.scope.since", day=day)]
    for read, words in ((True, "read"), (False, "silent"), (None, "none")):
        titles = [one.title for one in found.accounts if one.read is read]
        if titles:
            lines.append(voice.say(f"check.statement.{words}", title=", ".join(titles), day=day))
    return lines


def buttons(voice: Voice, found: Findings, offset: int, text: str) -> InlineKeyboardMarkup | None:
    """The cards of what is shown, the other pages, the same question once more, and one that looks further back."""
    shown = [one.payment.id for one in found.found[offset : offset + PAGE] if one.payment and one.mine]
    rows = [[InlineKeyboardButton(voice.say("button.card", id=one), callback_data=f"card:{one}")] for one in shown]
    turn = []
    if offset:
        turn.append(_again(voice, "button.newer", found.days, max(0, offset - PAGE), text))
    if len(found.found) > offset + PAGE:
        turn.append(_again(voice, "button.older", found.days, offset + PAGE, text))
    more = []
    if found.verdict in {Verdict.OPEN, Verdict.UNSURE}:
        more.append(_again(voice, "button.check", found.days, offset, text))
    if found.days < LONGEST and not found.found:
        more.append(_again(voice, "button.further", LONGEST, 0, text))
    kept = [[button for button in row if button] for row in (turn, more)]
    every = [*rows, *(row for row in kept if row)]
    return InlineKeyboardMarkup(every) if every else None


def _again(voice: Voice, key: str, days: int, offset: int, text: str) -> InlineKeyboardButton | None:
    """None where the question is too long for a button."""
    data = f"check:{days}:{offset}:{text}"
    if len(data.encode()) > _DATA_MOST:
        return None
    return InlineKeyboardButton(voice.say(key, days=days), callback_data=data)

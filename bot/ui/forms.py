"""Fills a payment in, asking for what is missing, one question at a time. A half-filled form is a row."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from markupsafe import Markup

from bot.errors import UserError
from bot.payments.amounts import as_money_of, parse_amount
from bot.payments.phone import Phone, parse_phone, pretty
from bot.payments.service import MOST_DESCRIPTION, OPERATOR, Ask, WhichOperator
from bot.ui.parse import Wish, parse_wish
from bot.ui.visit import Visit
from providers import discover
from providers.base import Channel, Kind
from providers.money import Money
from storage import forms
from storage.models import Form

Step = Literal["amount", "phone", "description"]

_EXTRA = "extra:"
_PUNCTUATED = re.compile(r"(?<=\d)[,;](?=[^\d\s])|[\u200b-\u200d\u2060\ufeff]")
"""677777777,shoes, and signs without a width that come with copied numbers."""
_VIA = re.compile(r"(?:^|\s)via\s+(?P<system>[a-z]+)\s*$", re.IGNORECASE)
_WAYS = {"page": Channel.PAGE, "lien": Channel.PAGE, "link": Channel.PAGE, "bank": Channel.BANK, "banque": Channel.BANK}
_LONGEST_EXTRA = 200

CODE = "code"
_LIVES = timedelta(minutes=30)
_NOTHING = {"-", "–", "—"}


async def begin(visit: Visit, kind: Kind, text: str) -> None:
    """A command with what came behind it. A whole line is drafted at once; otherwise the first gap is asked for."""
    await visit.counter.storage.run(forms.drop, visit.chat_id, visit.member.person.id)
    text, via = _split_via(_PUNCTUATED.sub(" ", text))
    wish = replace(parse_wish(text, visit.member.merchant.country, visit.currency), via=via)
    _check_description(wish.description)
    if wish.amount and wish.phone:
        wish = replace(wish, description=wish.description or "")
    await _go_on(visit, kind, wish, visit.message.message_id)


def _split_via(text: str) -> tuple[str, str]:
    """What follows "via" insists on a system ("kpay") or a way ("bank"); another word belongs to the description."""
    found = _VIA.search(text)
    word = found["system"].lower() if found else ""
    if found and (word in discover() or word in _WAYS):
        return text[: found.start()], word
    return text, ""


async def answer(visit: Visit, text: str) -> bool:
    """The answer to the open question; False where none is open. A bad answer leaves the question open."""
    form = await _open_form(visit)
    if form is None:
        return False
    if form.command == CODE:
        await _take_code(visit, form, text)
        return True
    wish = _filled(form, text, visit)
    await _go_on(visit, Kind(form.command), wish, form.message_id)
    return True


async def _open_form(visit: Visit) -> Form | None:
    return await visit.counter.storage.run(forms.current, visit.chat_id, visit.member.person.id, visit.counter.now())


def _filled(form: Form, text: str, visit: Visit) -> Wish:
    known = _from_row(form.answers)
    country, currency = visit.member.merchant.country, visit.currency
    if form.asking == "amount":
        return replace(known, amount=parse_amount(text, currency))
    if form.asking == "phone":
        return replace(known, phone=parse_phone(text, country))
    if form.asking.startswith(_EXTRA):
        name = form.asking.removeprefix(_EXTRA)
        return replace(known, extras={**known.extras, name: _code(text) if name == "otp" else _line(text)})
    description = "" if text.strip() in _NOTHING else " ".join(text.split())
    _check_description(description)
    return replace(known, description=description)


def _code(text: str) -> str:
    code = "".join(text.split())
    if not re.fullmatch(r"[0-9]{4,8}", code):
        raise UserError("form.code.bad")
    return code


def _line(text: str) -> str:
    line = " ".join(text.split())
    if not line or len(line) > _LONGEST_EXTRA:
        raise UserError("form.extra.bad")
    return line


def _check_description(description: str | None) -> None:
    if description and len(description) > MOST_DESCRIPTION:
        raise UserError("description.too_long", most=MOST_DESCRIPTION)


async def _go_on(visit: Visit, kind: Kind, wish: Wish, message_id: int) -> None:
    """Asks for the first gap; then for what the system that would take it wants to know; then drafts."""
    step = _gap(kind, wish)
    if step:
        question = visit.voice.say(f"form.{step}.{kind}", amount=wish.amount or "", phone=_pretty(wish))
        await _ask(visit, kind, wish, step, message_id, question)
        return
    ask = _as_ask(visit, kind, wish, message_id)
    try:
        rail = (await visit.counter.payments.route(visit.member, ask)).rail
    except WhichOperator as unknown:
        question = visit.voice.say("form.operator", phone=_pretty(wish), **unknown.values)
        await _ask(visit, kind, wish, f"{_EXTRA}{OPERATOR}", message_id, question)
        return
    lacking = next((name for name in rail.extras if not wish.extras.get(name)), None)
    if lacking:
        dial = rail.dial.replace("{amount}", str(ask.amount.whole)) if lacking == "otp" else ""
        key = f"form.extra.{lacking}"
        question = visit.voice.say(key if visit.voice.knows(key) else "form.extra.other", dial=dial, name=lacking)
        await _ask(visit, kind, wish, f"{_EXTRA}{lacking}", message_id, question)
        return
    await visit.counter.payments.draft(visit.member, ask)
    await visit.counter.storage.run(forms.drop, visit.chat_id, visit.member.person.id)


async def _ask(visit: Visit, kind: Kind, wish: Wish, step: str, message_id: int, question: Markup) -> None:
    await visit.counter.storage.run(forms.put, _row(visit, kind, wish, step, message_id, visit.counter.now()))
    await visit.ask(question)


def _as_ask(visit: Visit, kind: Kind, wish: Wish, message_id: int) -> Ask:
    assert wish.amount and wish.phone  # noqa: S101, PT018 - no gap is left
    return Ask(
        kind,
        as_money_of(wish.amount, wish.phone.country),
        wish.phone,
        wish.description or "",
        visit.chat_id,
        message_id,
        channel=_WAYS.get(wish.via),
        extras=wish.extras,
        via="" if wish.via in _WAYS else wish.via,
    )


def _pretty(wish: Wish) -> str:
    return pretty(wish.phone.msisdn) if wish.phone else ""


async def ask_code(visit: Visit, payment_id: str) -> None:
    """Opens the question for the code that the payer was given; a half-filled form is not thrown away for it."""
    await visit.counter.payments.awaits_code(visit.member, payment_id)
    open_form = await _open_form(visit)
    if open_form and open_form.command != CODE:
        raise UserError("form.open")
    form = Form(
        chat_id=visit.chat_id,
        person_id=visit.member.person.id,
        merchant_id=visit.member.merchant.id or 0,
        command=CODE,
        answers={"payment": payment_id},
        asking=CODE,
        message_id=visit.message.message_id,
        expires_at=visit.counter.now() + _LIVES,
    )
    await visit.counter.storage.run(forms.put, form)
    await visit.ask(visit.voice.say("form.code"))


async def _take_code(visit: Visit, form: Form, text: str) -> None:
    code = _code(text)
    await visit.counter.storage.run(forms.drop, visit.chat_id, visit.member.person.id)
    await visit.counter.payments.give_code(visit.member, form.answers["payment"], code)
    await visit.say(visit.voice.say("form.code.taken"))


def _gap(kind: Kind, wish: Wish) -> Step | None:
    if wish.amount is None:
        return "amount"
    if wish.phone is None:
        return "phone"
    if kind is Kind.AIRTIME:  # nobody reads a description there
        return None
    return "description" if wish.description is None else None


def _row(visit: Visit, kind: Kind, wish: Wish, step: str, message_id: int, now: datetime) -> Form:
    return Form(
        chat_id=visit.chat_id,
        person_id=visit.member.person.id,
        merchant_id=visit.member.merchant.id or 0,
        command=kind,
        answers=_to_row(wish),
        asking=step,
        message_id=message_id,
        expires_at=now + _LIVES,
    )


def _to_row(wish: Wish) -> dict[str, Any]:
    phone = wish.phone
    return {
        "amount": [wish.amount.minor, wish.amount.currency] if wish.amount else None,
        "phone": [phone.msisdn, phone.country, phone.operator] if phone else None,
        "description": wish.description,
        "extras": dict(wish.extras),
        "via": wish.via,
    }


def _from_row(answers: dict[str, Any]) -> Wish:
    amount, phone = answers["amount"], answers["phone"]
    return Wish(
        Money(*amount) if amount else None,
        Phone(*phone) if phone else None,
        answers["description"],
        answers["extras"],
        answers["via"],
    )

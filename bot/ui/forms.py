"""Fills a payment in, asking for what is missing, one question at a time. A half-filled form is a row."""

from datetime import datetime, timedelta
from typing import Any, Literal

from bot.errors import UserError
from bot.payments.amounts import parse_amount
from bot.payments.phone import Phone, parse_phone, pretty
from bot.payments.service import MOST_DESCRIPTION, Ask
from bot.ui.parse import Wish, parse_wish
from bot.ui.visit import Visit
from providers.base import Kind
from providers.money import Money
from storage import forms
from storage.models import Form

Step = Literal["amount", "phone", "description"]

_LIVES = timedelta(minutes=30)
_NOTHING = {"-", "–", "—"}


async def begin(visit: Visit, kind: Kind, text: str) -> None:
    """A command with what came behind it. A whole line is drafted at once; otherwise the first gap is asked for."""
    country, currency = visit.member.merchant.country, visit.currency
    wish = parse_wish(text, country, currency)
    _check_description(wish.description)
    await visit.counter.storage.run(forms.drop, visit.chat_id, visit.member.person.id)
    if wish.amount and wish.phone:
        wish = Wish(wish.amount, wish.phone, wish.description or "")
    await _go_on(visit, kind, wish, visit.message.message_id)


async def answer(visit: Visit, text: str) -> bool:
    """The answer to the open question; False where none is open. A bad answer leaves the question open."""
    form = await _open_form(visit)
    if form is None:
        return False
    wish = _filled(form, text, visit)
    await _go_on(visit, Kind(form.command), wish, form.message_id)
    return True


async def _open_form(visit: Visit) -> Form | None:
    return await visit.counter.storage.run(forms.current, visit.chat_id, visit.member.person.id, visit.counter.now())


def _filled(form: Form, text: str, visit: Visit) -> Wish:
    known = _from_row(form.answers)
    country, currency = visit.member.merchant.country, visit.currency
    if form.asking == "amount":
        return Wish(parse_amount(text, currency), known.phone, known.description)
    if form.asking == "phone":
        return Wish(known.amount, parse_phone(text, country), known.description)
    description = "" if text.strip() in _NOTHING else " ".join(text.split())
    _check_description(description)
    return Wish(known.amount, known.phone, description)


def _check_description(description: str | None) -> None:
    if description and len(description) > MOST_DESCRIPTION:
        raise UserError("description.too_long", most=MOST_DESCRIPTION)


async def _go_on(visit: Visit, kind: Kind, wish: Wish, message_id: int) -> None:
    step = _gap(wish)
    if step is None and wish.amount and wish.phone:
        ask = Ask(kind, wish.amount, wish.phone, wish.description or "", visit.chat_id, message_id)
        await _draft(visit, ask)
        return
    assert step  # noqa: S101 - _gap knows all three
    form = _row(visit, kind, wish, step, message_id, visit.counter.now())
    await visit.counter.storage.run(forms.put, form)
    phone = pretty(wish.phone.msisdn) if wish.phone else ""
    await visit.ask(visit.voice.say(f"form.{step}.{kind}", amount=wish.amount or "", phone=phone))


async def _draft(visit: Visit, ask: Ask) -> None:
    """A phone that no system serves is asked for again; everything else in the form stands."""
    await visit.counter.payments.draft(visit.member, ask)
    await visit.counter.storage.run(forms.drop, visit.chat_id, visit.member.person.id)


def _gap(wish: Wish) -> Step | None:
    if wish.amount is None:
        return "amount"
    if wish.phone is None:
        return "phone"
    return "description" if wish.description is None else None


def _row(visit: Visit, kind: Kind, wish: Wish, step: Step, message_id: int, now: datetime) -> Form:
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
    }


def _from_row(answers: dict[str, Any]) -> Wish:
    amount, phone = answers["amount"], answers["phone"]
    return Wish(Money(*amount) if amount else None, Phone(*phone) if phone else None, answers["description"])

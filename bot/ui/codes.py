"""Questions about a payment that has its card: the payer's code, a transaction's hash, the end of an address."""

import re
from datetime import timedelta

from bot.errors import UserError
from bot.ui import proofs
from bot.ui.proofs import Act
from bot.ui.visit import Visit
from providers.addresses import is_hash
from providers.base import StepKind
from storage import forms
from storage.models import Form

CODE, HASH, LAST_FOUR = "code", "hash", "last_four"
QUESTIONS = frozenset({CODE, HASH, LAST_FOUR})

_OF_STEP = {StepKind.GIVE_CODE: CODE, StepKind.DEPOSIT: HASH}
_LIVES = timedelta(minutes=30)


async def ask_for_step(visit: Visit, payment_id: str) -> None:
    """What the payer has to tell before the payment goes on."""
    step = await visit.counter.payments.awaits(visit.member, payment_id)
    await _ask(visit, payment_id, _OF_STEP[step])


async def ask_last_four(visit: Visit, payment_id: str) -> None:
    await _ask(visit, payment_id, LAST_FOUR)


async def open_form(visit: Visit) -> Form | None:
    return await visit.counter.storage.run(forms.current, visit.chat_id, visit.member.person.id, visit.counter.now())


async def _ask(visit: Visit, payment_id: str, question: str) -> None:
    """A half-filled form is not thrown away for it."""
    form = await open_form(visit)
    if form and form.command not in QUESTIONS | proofs.QUESTIONS:
        raise UserError("form.open")
    row = Form(
        chat_id=visit.chat_id,
        person_id=visit.member.person.id,
        merchant_id=visit.member.merchant.id or 0,
        command=question,
        answers={"payment": payment_id},
        asking=question,
        message_id=visit.message.message_id,
        expires_at=visit.counter.now() + _LIVES,
    )
    await visit.counter.storage.run(forms.put, row)
    await visit.ask(visit.voice.say(f"form.{question}"))


async def take(visit: Visit, form: Form, text: str) -> None:
    """The answer. One that can't be right leaves the question open."""
    payments, payment_id = visit.counter.payments, form.answers["payment"]
    if form.command == LAST_FOUR:
        await proofs.carry_out(visit, Act("confirm", payment_id, again=True, last_four=text.strip()))
        left = await open_form(visit)
        if left and left.command == LAST_FOUR:  # else a code is asked for now
            await _close(visit)
        return
    word = read_code(text) if form.command == CODE else _hash(text)
    await _close(visit)
    await payments.tell(visit.member, payment_id, word)
    await visit.say(visit.voice.say("form.code.taken" if form.command == CODE else "form.hash.taken"))


async def _close(visit: Visit) -> None:
    await visit.counter.storage.run(forms.drop, visit.chat_id, visit.member.person.id)


def read_code(text: str) -> str:
    code = "".join(text.split())
    if not re.fullmatch(r"[0-9]{4,8}", code):
        raise UserError("form.code.bad")
    return code


def _hash(text: str) -> str:
    if not is_hash(text.strip()):
        raise UserError("form.hash.bad")
    return text.strip()

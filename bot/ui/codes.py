"""Questions about a payment that has its card: the payer's code, a transaction's hash, the end of an address."""

import re

from bot.errors import UserError
from bot.ui import pending, proofs
from bot.ui.proofs import Act
from bot.ui.visit import Visit
from providers.addresses import is_hash
from providers.messages import StepKind
from storage.models import Form

CODE, HASH, LAST_FOUR = "code", "hash", "last_four"
QUESTIONS = frozenset({CODE, HASH, LAST_FOUR})

_OF_STEP = {StepKind.GIVE_CODE: CODE, StepKind.DEPOSIT: HASH}


async def ask_for_step(visit: Visit, payment_id: str) -> None:
    """What the payer has to tell before the payment goes on."""
    step = await visit.counter.payments.awaits(visit.member, payment_id)
    await _ask(visit, payment_id, _OF_STEP[step])


async def ask_last_four(visit: Visit, payment_id: str) -> None:
    await _ask(visit, payment_id, LAST_FOUR)


async def _ask(visit: Visit, payment_id: str, question: str) -> None:
    """A half-filled form is not thrown away for it."""
    await pending.demand_free(visit, unless=QUESTIONS | proofs.QUESTIONS)
    await pending.put(visit, question, {"payment": payment_id})
    await visit.ask(visit.voice.say(f"form.{question}"))


async def take(visit: Visit, form: Form, text: str) -> None:
    """The answer. One that can't be right leaves the question open."""
    payments, payment_id = visit.counter.payments, form.answers["payment"]
    if form.command == LAST_FOUR:
        await proofs.carry_out(visit, Act("confirm", payment_id, again=True, last_four=text.strip()))
        left = await pending.current(visit)
        if left and left.command == LAST_FOUR:  # else a code is asked for now
            await pending.drop(visit)
        return
    word = read_code(text) if form.command == CODE else _hash(text)
    await pending.drop(visit)
    await payments.tell(visit.member, payment_id, word)
    await visit.say(visit.voice.say("form.code.taken" if form.command == CODE else "form.hash.taken"))


def read_code(text: str) -> str:
    code = "".join(text.split())
    if not re.fullmatch(r"[0-9]{4,8}", code):
        raise UserError("form.code.bad")
    return code


def _hash(text: str) -> str:
    if not is_hash(text.strip()):
        raise UserError("form.hash.bad")
    return text.strip()

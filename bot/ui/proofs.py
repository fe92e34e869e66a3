"""Carries out what lets money go, and asks for the second factor, in private, where the rules want one."""

from dataclasses import asdict, dataclass
from datetime import timedelta

from telegram.error import BadRequest, Forbidden

from bot.errors import UserError
from bot.payments.decisions import Unproven, Word
from bot.ui import connecting, pending
from bot.ui.pictures import scannable
from bot.ui.visit import Visit
from storage.models import Form, Payment
from storage.states import State

ENROL, PROVE = "enrol", "prove"
QUESTIONS = frozenset({ENROL, PROVE})
_LIVES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Act:
    """A person's word for a payment ("confirm", "approve"), a sheet ("confirm_sheet", "approve_sheet"), a rule or an
    account ("rule", "connect", "disconnect"), whose name is the id.
    """

    verb: str
    id: str
    version: int = -1
    again: bool = False
    last_four: str | None = None
    text: str = ""
    currency: str = ""


async def carry_out(visit: Visit, act: Act) -> None:
    """Raises UnreadAddress where the end of an address must be typed first."""
    try:
        await _do(visit, act, proven=False)
    except Unproven:
        await _ask_to_prove(visit, act)


async def _do(visit: Visit, act: Act, *, proven: bool) -> None:
    word, payments, bulk = Word(act.last_four, act.again, proven), visit.counter.payments, visit.counter.bulk
    done: Payment | None = None
    match act.verb:
        case "confirm":
            done = await payments.confirm(visit.member, act.id, word)
        case "approve":
            done = await payments.approve(visit.member, act.id, act.version, word)
        case "confirm_sheet":
            await bulk.confirm(visit.member, act.id, word)
        case "rule":
            await visit.counter.rulebook.change(visit.member, act.id, act.text, act.currency, proven=proven)
            await visit.say(
                visit.voice.say("rule.changed", word=visit.voice.say(f"rule.word.{act.id}"), value=act.text)
            )
        case "connect" | "disconnect":
            await _account(visit, act, proven=proven)
        case _:
            await bulk.approve(visit.member, act.id, word)
    if done and done.state is State.EXPIRED:
        raise UserError("payment.expired")


async def _account(visit: Visit, act: Act, *, proven: bool) -> None:
    """Whoever has a factor proves it before an account is touched."""
    if not proven and await visit.counter.factors.has(visit.member):
        raise Unproven("factor.needed")
    if act.verb == "connect":
        await connecting.begin(visit, act.id)
        return
    left = await visit.counter.connections.disconnect(visit.member, act.id)
    title = visit.counter.connections.title(act.id)
    await visit.say(visit.voice.say("connect.left" if left else "connect.parted", title=title, count=left))


async def _ask_to_prove(visit: Visit, act: Act) -> None:
    if not await visit.counter.factors.has(visit.member):
        raise UserError("factor.none")
    await pending.demand_free(visit, unless=QUESTIONS | {"last_four"}, chat_id=visit.member.person.id)
    await _open(visit, PROVE, asdict(act))
    try:
        of_account = act.verb in {"connect", "disconnect"}
        await visit.say_alone(visit.voice.say("factor.ask.account" if of_account else "factor.ask"))
    except (Forbidden, BadRequest):
        raise UserError("factor.start_me") from None
    if not visit.private:
        raise UserError("factor.in_private")


async def enrol(visit: Visit, code: str) -> None:
    """Shows what an authenticator scans. Who has a factor already proves it first: a lent phone must not replace it."""
    if not visit.private:
        raise UserError("factor.only_private")
    if await visit.counter.factors.has(visit.member):
        if not code:
            raise UserError("factor.replace")
        await visit.counter.factors.prove(visit.member, "".join(code.split()))
    enrolment = visit.counter.factors.begin(visit.member)
    shown = await visit.message.reply_photo(scannable(enrolment.address), visit.voice.say("factor.scan").unescape())
    await _open(visit, ENROL, {"sealed": enrolment.sealed, "picture": shown.message_id})


async def take(visit: Visit, form: Form, text: str) -> None:
    code = "".join(text.split())
    if form.command == PROVE:
        await visit.counter.factors.prove(visit.member, code)
        await pending.drop(visit)
        await visit.say(visit.voice.say("factor.proved"))
        await _do(visit, Act(**form.answers), proven=True)
        return
    await visit.counter.factors.enrol(visit.member, form.answers["sealed"], code)
    await pending.drop(visit)
    await _forget_picture(visit, form.answers["picture"])
    await visit.say(visit.voice.say("factor.enrolled"))


async def _forget_picture(visit: Visit, message_id: int) -> None:
    """It shows the secret to whoever scrolls up."""
    try:
        await visit.message.get_bot().delete_message(visit.chat_id, message_id)
    except BadRequest:
        await visit.say(visit.voice.say("factor.delete_it"))


async def _open(visit: Visit, question: str, answers: dict[str, object]) -> None:
    """In the private chat, whose number is the person's."""
    await pending.put(visit, question, answers, chat_id=visit.member.person.id, lives=_LIVES)

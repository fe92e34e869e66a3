"""/schedule: payments that come again and again; without a line, those that there are."""

from dataclasses import replace

from bot.commands.base import Command, Tap
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.rhythm import hear
from bot.ui import agenda
from bot.ui.parse import parse_wish
from bot.ui.visit import Visit
from providers.messages import Channel, Kind
from storage.models import Schedule

_KINDS = {
    **dict.fromkeys(("payout", "payer", "pay", "paye", "send", "envoyer", "envoie", "verser"), Kind.PAYOUT),
    **dict.fromkeys(("request", "demander", "demande", "ask", "collect"), Kind.COLLECTION),
}
_LONGEST_OFFSET = 6


async def _schedule(visit: Visit, text: str) -> None:
    """ "/schedule payout 50000 677123456 salary every 25th", "/programmer demander 3000 677123456 chaque lundi"."""
    if not text.strip():
        await visit.say(*await _page(visit, 0))
        return
    heard = hear(text)
    verb, _, rest = heard.rest.partition(" ")
    kind = _KINDS.get(verb.lower().removeprefix("/"))
    if kind is None:
        raise UserError("schedule.usage")
    country = visit.member.merchant.country
    wish = parse_wish(rest, country, visit.currency)
    if wish.amount is None or wish.phone is None:
        raise UserError("schedule.usage")
    ask = wish.as_ask(kind, country, visit.chat_id, visit.message.message_id)
    made = await visit.counter.schedules.plan(visit.member, replace(ask, channel=Channel.MOBILE), heard.rhythm)
    await visit.say(*_card(visit, made))


def _card(visit: Visit, schedule: Schedule) -> agenda.Screen:
    return agenda.card(visit.voice, schedule, visit.counter.now())


async def _page(visit: Visit, offset: int) -> agenda.Screen:
    found = await visit.counter.schedules.standing(visit.member, limit=agenda.PAGE + 1, offset=offset)
    if not found:
        raise UserError("schedule.none")
    return agenda.page(visit.voice, found, offset)


async def _turned(visit: Visit, data: str) -> None:
    await visit.show(*await _page(visit, int(data) if data.isdecimal() and len(data) < _LONGEST_OFFSET else 0))


async def _see(visit: Visit, schedule_id: str) -> None:
    await visit.say(*_card(visit, await visit.counter.schedules.see(visit.member, schedule_id)))


async def _choose(visit: Visit, data: str) -> None:
    schedule_id, _, every = data.partition(":")
    await visit.show(*_card(visit, await visit.counter.schedules.choose(visit.member, schedule_id, every)))


async def _start(visit: Visit, schedule_id: str) -> None:
    await visit.show(*_card(visit, await visit.counter.schedules.start(visit.member, schedule_id)))


async def _pause(visit: Visit, schedule_id: str) -> None:
    await visit.show(*_card(visit, await visit.counter.schedules.pause(visit.member, schedule_id)))


async def _end(visit: Visit, schedule_id: str) -> None:
    await visit.show(*_card(visit, await visit.counter.schedules.end(visit.member, schedule_id)))


async def _skip(visit: Visit, data: str) -> None:
    schedule_id, _, day = data.partition(":")
    on = agenda.read_day(day)
    if on is None:
        raise UserError("payment.already")
    await visit.show(*_card(visit, await visit.counter.schedules.skip(visit.member, schedule_id, on)))


SCHEDULE = Command("schedule", "programmer", _schedule, Right.SEE_OWN, moves_money=True)
SCHEDULE_TAPS = (
    Tap("plans", _turned, Right.SEE_OWN),
    Tap("plansee", _see, Right.SEE_OWN),
    Tap("plan", _choose, Right.ASK),
    Tap("plango", _start, Right.ASK),
    Tap("planpause", _pause, Right.ASK),
    Tap("planend", _end, Right.ASK),
    Tap("planskip", _skip, Right.ASK),
)

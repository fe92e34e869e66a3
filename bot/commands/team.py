"""/team: who works at this counter and as what; invite, change a role, remove. In private only."""

import re

from telegram.helpers import create_deep_linked_url

from bot.commands.base import Command, Run, Tap, in_private
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.team import Mate
from bot.ui import roster
from bot.ui.visit import Visit
from storage.models import Role

_NUMBER = re.compile(r"[0-9]{1,15}")


async def _team(visit: Visit, _text: str) -> None:
    roll = await visit.counter.team.roll(visit.member)
    await visit.say(*roster.of_team(visit.voice, visit.member.merchant, roll))


async def _show_team(visit: Visit, offset: str) -> None:
    roll = await visit.counter.team.roll(visit.member)
    await visit.show(*roster.of_team(visit.voice, visit.member.merchant, roll, _number(offset)))


async def _invite(visit: Visit, role: str) -> None:
    """Without a role asks for it. The invitation is a message of its own, to be forwarded."""
    if not role:
        await visit.show(*roster.of_roles(visit.voice, visit.member.merchant))
        return
    invite, token = await visit.counter.team.invite(visit.member, _role(role))
    say = visit.voice.say
    link = create_deep_linked_url(visit.message.get_bot().username, token)
    await visit.say(
        say(
            "team.invitation",
            merchant=visit.member.merchant.name,
            role=say(f"role.{invite.role}"),
            link=link,
            at=invite.expires_at,
        )
    )
    await visit.show(say("team.forward"))


async def _withdraw(visit: Visit, invite_id: str) -> None:
    await visit.counter.team.withdraw(visit.member, _number(invite_id))
    await _show_team(visit, "0")


async def _show_mate(visit: Visit, person_id: str) -> None:
    mate = await _mate(visit, person_id)
    await visit.show(*roster.of_mate(visit.voice, visit.member.merchant, mate))


async def _change_role(visit: Visit, data: str) -> None:
    person_id, _, role = data.partition(":")
    await visit.counter.team.change_role(visit.member, _number(person_id), _role(role))
    await _show_mate(visit, person_id)


async def _ask_removal(visit: Visit, person_id: str) -> None:
    await visit.show(*roster.of_removal(visit.voice, await _mate(visit, person_id)))


async def _remove(visit: Visit, person_id: str) -> None:
    await visit.counter.team.remove(visit.member, _number(person_id))
    await _show_team(visit, "0")


async def _mate(visit: Visit, person_id: str) -> Mate:
    roll = await visit.counter.team.roll(visit.member)
    for mate in roll.mates:
        if mate.person.id == _number(person_id):
            return mate
    raise UserError("team.gone")


def _number(text: str) -> int:
    """A button's data is only as good as whoever sends it; no row has the number 0."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise UserError("team.gone") from None


_TAPS: dict[str, Run] = {
    "team": _show_team,
    "invite": _invite,
    "withdraw": _withdraw,
    "mate": _show_mate,
    "role": _change_role,
    "remove": _ask_removal,
    "removed": _remove,
}

TEAM = Command("team", "equipe", in_private(_team, "team.private"), Right.MANAGE_TEAM)
TEAM_TAPS = tuple(Tap(verb, in_private(run, "team.private"), Right.MANAGE_TEAM) for verb, run in _TAPS.items())

"""/pause and /resume, and their buttons: stop all money out at once, and let it go again."""

from bot.commands.base import Command, Tap
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.ui import keyboards
from bot.ui.visit import Visit


async def _pause(visit: Visit, _data: str) -> None:
    if not await visit.counter.brake.pause(visit.member):
        raise UserError("pause.already")
    await visit.say(visit.voice.say("pause.done", name=visit.member.person.name), keyboards.of_pause(visit.voice))


async def _resume(visit: Visit, _data: str) -> None:
    if not await visit.counter.brake.resume(visit.member):
        raise UserError("resume.already")
    await visit.say(visit.voice.say("resume.done", name=visit.member.person.name))


PAUSE = Command("pause", "pause", _pause, Right.STOP)
RESUME = Command("resume", "reprendre", _resume, Right.APPROVE)
STOP_TAP = Tap("stop", _pause, Right.STOP)
RESUME_TAP = Tap("resume", _resume, Right.APPROVE)

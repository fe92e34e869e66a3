"""/privacy: how long phones and names are kept; all that is held on one number, as a file, and its erasure."""

from bot.commands.base import Command, Tap
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.phone import parse_phone
from bot.ui import privacy
from bot.ui.visit import Visit


async def _privacy(visit: Visit, text: str) -> None:
    """ "/privacy", "/privacy 677123456"."""
    _demand_private(visit)
    if not text:
        await visit.say(*privacy.screen(visit.voice, visit.member.merchant.keep_days))
        return
    msisdn = parse_phone(text, visit.member.merchant.country).msisdn
    await visit.say(*await _person(visit, msisdn))


async def _tapped(visit: Visit, data: str) -> None:
    _demand_private(visit)
    what, _, value = data.partition(":")
    if not value.isdecimal():
        raise UserError("privacy.usage")
    if what == "keep":
        days = await visit.counter.privacy.keep(visit.member, int(value))
        await visit.show(*privacy.screen(visit.voice, days))
    elif what == "file":
        content = await visit.counter.privacy.export(visit.member, value)
        caption = visit.voice.say("privacy.caption")
        await visit.hand_alone(f"{visit.voice.say('privacy.name')}.json", content, caption)
    elif what == "sure":
        await visit.show(*privacy.sure(visit.voice, value))
    elif what == "erase":
        done = await visit.counter.privacy.erase(visit.member, value)
        await visit.show(privacy.erased(visit.voice, done))


async def _person(visit: Visit, msisdn: str) -> privacy.Screen:
    held = await visit.counter.privacy.held(visit.member, msisdn)
    if held.nothing:
        raise UserError("privacy.nothing")
    return privacy.person(visit.voice, msisdn, held)


def _demand_private(visit: Visit) -> None:
    if not visit.private:
        raise UserError("factor.only_private")


PRIVACY = Command("privacy", "confidentialite", _privacy, Right.SET_LIMITS)
PRIVACY_TAP = Tap("privacy", _tapped, Right.SET_LIMITS)

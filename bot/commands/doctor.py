"""/doctor: what guichet check finds, in the owner's chat: what is to be mended first, and what to tap for it."""

from collections.abc import Sequence

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.commands.base import Command, Tap, in_private
from bot.payments.approvals import Right
from bot.texts import Voice
from bot.ui.visit import Visit
from bot.watch.findings import Finding, Level

_BREAK = Markup("\n")
_ACCOUNT = ("doctor.account.",)


async def _examine(visit: Visit, _text: str) -> None:
    await visit.say(*await _screen(visit))


async def _again(visit: Visit, _data: str) -> None:
    await visit.answer_first()
    await visit.show(*await _screen(visit))


async def _screen(visit: Visit) -> tuple[Markup, InlineKeyboardMarkup]:
    findings = await visit.counter.doctor.examine_for(visit.member.merchant.id or 0)
    lines = of_findings(visit.voice, findings)
    lines.append(visit.voice.say("doctor.at", at=visit.counter.now()))
    rows = [[InlineKeyboardButton(visit.voice.say("button.doctor").unescape(), callback_data="doctor:again")]]
    if any(one.level is Level.WRONG and one.key.startswith(_ACCOUNT) for one in findings):
        rows.append([InlineKeyboardButton(visit.voice.say("button.accounts").unescape(), callback_data="accounts:")])
    return _BREAK.join(lines), InlineKeyboardMarkup(rows)


def of_findings(voice: Voice, findings: Sequence[Finding]) -> list[Markup]:
    """What is wrong stands first, each on its own line; what is well needs one line together."""
    bad = [one for one in findings if one.level is Level.WRONG]
    title = voice.say("doctor.mend", count=len(bad)) if bad else voice.say("doctor.well")
    lines = [title, Markup()]
    for level in (Level.WRONG, Level.HINT):
        lines += [_line(voice, one) for one in findings if one.level is level]
    if well := list(dict.fromkeys(one.title(voice) for one in findings if one.level is Level.FINE)):
        lines.append(Markup("{} {}").format(Level.FINE, ", ".join(well)))
    return lines


def _line(voice: Voice, one: Finding) -> Markup:
    return voice.say("doctor.line", level=one.level, about=one.title(voice), told=one.say(voice))


DOCTOR = Command("doctor", "diagnostic", in_private(_examine, "doctor.private"), Right.CONNECT)
DOCTOR_TAP = Tap("doctor", in_private(_again, "doctor.private"), Right.CONNECT)

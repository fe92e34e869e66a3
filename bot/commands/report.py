"""/report: a day, a week or a month as a picture, with its numbers; buttons lead to others."""

from zoneinfo import ZoneInfo

from bot.commands.base import Command, Tap
from bot.payments.approvals import Right, sees_only
from bot.ui import figures
from bot.ui.periods import read_period
from bot.ui.visit import Visit


async def _report(visit: Visit, text: str) -> None:
    """ "/report", "/report week", "/report november", "/report 2026-11". A cashier's is of their own payments.

    A button's picture comes in place of the one above it, as long as one is enough.
    """
    merchant, voice = visit.member.merchant, visit.voice
    today = visit.counter.now().astimezone(ZoneInfo(merchant.timezone)).date()
    period = read_period(text, today)
    report = await visit.counter.figures.report(merchant, period, sees_only(visit.member))
    buttons = figures.buttons(voice, period, today)
    if not report.pages:
        await visit.say(figures.empty(voice, report), buttons)
        return
    await visit.draws()
    pictures = await visit.counter.easel.pictures(report, voice)
    if visit.query and len(report.pages) == 1:
        await visit.repicture(pictures[0], figures.page(voice, report, report.pages[0]), buttons)
        return
    for page, picture in zip(report.pages, pictures, strict=True):
        last = page is report.pages[-1]
        await visit.picture(picture, figures.page(voice, report, page), buttons if last else None)


REPORT = Command("report", "rapport", _report, Right.SEE_OWN)
REPORT_TAP = Tap("report", _report, Right.SEE_OWN)

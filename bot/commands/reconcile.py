"""/reconcile: our payments beside the systems' statements, of today, a day or some days."""

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.commands.base import Command
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.statements import LONGEST
from bot.ui import differences
from bot.ui.visit import Visit

_YESTERDAY = {"yesterday", "hier"}
_TODAY = {"today", "aujourd’hui", "aujourd'hui"}
_BETWEEN = {"-", "–", "..", "to", "au", "a", "à"}
_DAY = re.compile(r"(?P<day>\d{1,2})[/.](?P<month>\d{1,2})(?:[/.](?P<year>\d{4}))?")


async def _reconcile(visit: Visit, text: str) -> None:
    merchant = visit.member.merchant
    today = visit.counter.now().astimezone(ZoneInfo(merchant.timezone)).date()
    first, last = read_days(text, today)
    accounts = await visit.counter.statements.reconcile(merchant, first, last)
    if not accounts:
        raise UserError("route.no_accounts")
    await visit.say(differences.told(visit.voice, accounts, first, last))


def read_days(text: str, today: date) -> tuple[date, date]:
    """Nothing is today. Raises UserError for what is no day, lies ahead, or is too long."""
    words = [word for word in text.lower().replace("..", " ").split() if word not in _BETWEEN]
    days = [_read(word, today) for word in words] or [today]
    if len(days) > 2:
        raise UserError("reconcile.usage")
    first, last = min(days), max(days)
    if last > today:
        raise UserError("reconcile.ahead")
    if (last - first).days >= LONGEST:
        raise UserError("reconcile.too_long", most=LONGEST)
    return first, last


def _read(word: str, today: date) -> date:
    if word in _TODAY:
        return today
    if word in _YESTERDAY:
        return today - timedelta(days=1)
    try:
        if found := _DAY.fullmatch(word):
            day = date(int(found["year"] or today.year), int(found["month"]), int(found["day"]))
            # 31/12 in January was last month's.
            return day if found["year"] or day <= today else day.replace(year=today.year - 1)
        return date.fromisoformat(word)
    except ValueError:
        raise UserError("reconcile.usage") from None


RECONCILE = Command("reconcile", "rapprocher", _reconcile, Right.RECONCILE)

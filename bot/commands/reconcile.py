"""/reconcile: our payments beside the systems' statements, of today, a day or some days."""

from datetime import date
from zoneinfo import ZoneInfo

from bot.commands.base import Command
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.statements import LONGEST
from bot.ui import differences
from bot.ui.periods import read_day
from bot.ui.visit import Visit

_BETWEEN = {"-", "–", "..", "to", "au", "a", "à"}


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
    try:
        return read_day(word, today)
    except ValueError:
        raise UserError("reconcile.usage") from None


RECONCILE = Command("reconcile", "rapprocher", _reconcile, Right.RECONCILE)

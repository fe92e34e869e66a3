"""The board of the day in words: what came, went and waits, each currency apart. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from bot.payments.figures import Flow, Page, Report
from bot.texts import Voice
from providers.money import Money
from storage.figures import Standing
from storage.states import State

_BREAK = Markup("\n")
_DOUBT = {State.UNKNOWN, State.REVIEW}
_MOST_PURSES = 8


def text(
    voice: Voice,
    report: Report,
    purses: Sequence[Mapping[str, Any]],
    looked_at: datetime | None,
    changed_at: datetime | None,
) -> Markup:
    """`changed_at` is empty once the day is over."""
    blocks = [_block(voice, report, currency) for currency in _currencies(report)]
    if not blocks:
        blocks.append([voice.say("day.nothing")])
    if purses and looked_at:
        blocks.append(_purses(voice, purses, looked_at))
    blocks.append([voice.say("day.changed", at=voice.clock(changed_at)) if changed_at else voice.say("day.over")])
    head = voice.say("day.title", day=voice.date(report.period.first))
    return (_BREAK * 2).join([head, *(_BREAK.join(block) for block in blocks)])


def _currencies(report: Report) -> list[str]:
    """Those in which something moved first, as the report has them."""
    moved = [page.currency for page in report.pages]
    return moved + sorted({one.currency for one in report.standing} - set(moved))


def _block(voice: Voice, report: Report, currency: str) -> list[Markup]:
    page = next((page for page in report.pages if page.currency == currency), None)
    its = [one for one in report.standing if one.currency == currency]
    waits = [one for one in its if one.state is State.AWAITING_APPROVAL]
    doubt = [one for one in its if one.state in _DOUBT]
    still = [one for one in its if one not in waits and one not in doubt]
    return [
        *_moved(voice, page, currency),
        *_standing(voice, "day.open", still, currency),
        *_standing(voice, "day.doubt", doubt, currency),
        *_standing(voice, "day.approval", waits, currency),
    ]


def _moved(voice: Voice, page: Page | None, currency: str) -> list[Markup]:
    came, went, back = (page.came, page.went, page.back) if page else (Flow(), Flow(), Flow())
    flows = [("day.came", came), ("day.went", went), *([("day.back", back)] if back.count else [])]
    return [voice.say(key, amount=Money(flow.amount, currency), count=flow.count) for key, flow in flows]


def _standing(voice: Voice, key: str, rows: Iterable[Standing], currency: str) -> list[Markup]:
    found = list(rows)
    total = Money(sum(one.amount for one in found), currency)
    return [voice.say(key, amount=total, count=sum(one.count for one in found))] if found else []


def _purses(voice: Voice, purses: Sequence[Mapping[str, Any]], looked_at: datetime) -> list[Markup]:
    shown = [
        voice.say("day.purse", title=_titled(voice, purse), amount=Money(purse["amount"], purse["currency"]))
        for purse in purses[:_MOST_PURSES]
    ]
    return [voice.say("day.balances", at=voice.clock(looked_at)), *shown]


def _titled(voice: Voice, purse: Mapping[str, Any]) -> str:
    """Operators bear their own names; other pockets have one in each language."""
    if not purse["pocket"]:
        return str(purse["title"])
    key = f"pocket.{purse['pocket']}"
    pocket = voice.say(key).unescape() if voice.knows(key) else purse["pocket"]
    return f"{purse['title']}, {pocket}"

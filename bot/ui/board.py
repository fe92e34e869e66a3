"""How a batch looks: the board that is edited in place, and its line in the group. Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.batch_decisions import repeats
from bot.texts import Voice
from providers.money import Money
from storage.batches import Sum
from storage.models import Batch
from storage.states import NEVER_SENT, OPEN, State

_BREAK = Markup("\n")
_CELLS = 10
_MOST_NUMBERS = 12

_DOUBT = {State.UNKNOWN, State.REVIEW}
_STOPPED = NEVER_SENT | {State.REVERSED}
_ASKED = {State.AWAITING_APPROVAL}
_MOVING = OPEN - _DOUBT - _ASKED - {State.DRAFT}
_ROWS = (
    ("sent", {State.SUCCEEDED}),
    ("failed", {State.FAILED}),
    ("doubt", _DOUBT),
    ("moving", _MOVING),
    ("asked", _ASKED),
)

TitleOf = Callable[[int, str], str]


def board(voice: Voice, batch: Batch, sums: Sequence[Sum], title_of: TitleOf) -> Markup:
    if drafts := _among(sums, {State.DRAFT}):
        return _to_confirm(voice, batch, drafts, title_of)
    wanted = [one for one in sums if one.state not in _STOPPED] or sums
    stopped = _among(sums, _STOPPED)
    lines = [*_head(voice, batch, wanted), Markup("")]
    if stopped == list(sums):
        return _BREAK.join([*lines, voice.say("bulk.never")])
    lines += [voice.say("bulk.bar", **_progress(wanted)), *_counts(voice, wanted)]
    lines += [_count(voice, "stopped", stopped)] if stopped else []
    if not _among(sums, _MOVING | _ASKED):
        lines.append(voice.say("bulk.doubtful" if _among(sums, _DOUBT) else "bulk.done"))
    return _BREAK.join(lines)


def decision(voice: Voice, batch: Batch, sums: Sequence[Sum]) -> InlineKeyboardMarkup | None:
    """For whoever reads along: the word that lets a sheet go, and the button that stops what has not left."""
    stop = [InlineKeyboardButton(voice.say("button.stop"), callback_data="stop:")]
    if not _among(sums, {State.AWAITING_APPROVAL}):
        return InlineKeyboardMarkup([stop])
    return InlineKeyboardMarkup([_verdict(voice, batch), stop])


def _verdict(voice: Voice, batch: Batch) -> list[InlineKeyboardButton]:
    verbs = (("button.approve", "bulkyes"), ("button.reject", "bulkno"))
    return [InlineKeyboardButton(voice.say(key), callback_data=f"{verb}:{batch.id}") for key, verb in verbs]


def group_line(voice: Voice, batch: Batch, sums: Sequence[Sum], asker: str) -> Markup:
    wanted = [one for one in sums if one.state not in _STOPPED] or sums
    name = asker or voice.say("group.someone")
    return _BREAK.join([*_head(voice, batch, wanted), *_counts(voice, sums), voice.say("bulk.by", name=name)])


def buttons(voice: Voice, batch: Batch, sums: Sequence[Sum]) -> InlineKeyboardMarkup | None:
    def button(key: str, verb: str, **values: object) -> InlineKeyboardButton:
        return InlineKeyboardButton(voice.say(key, **values).unescape(), callback_data=f"{verb}:{batch.id}")

    if drafts := _among(sums, {State.DRAFT}):
        rows = [[button("bulk.confirm", "bulkok", total=_total(voice, drafts)), button("button.cancel", "bulkstop")]]
        rows.append([button("bulk.rows", "bulkrows")])
        if (count := len(repeats(batch))) and not _among(sums, {State.CANCELLED}):
            rows.append([button("bulk.once", "bulkonce", count=count)])
        return InlineKeyboardMarkup(rows)
    asked_here = _among(sums, _ASKED) and batch.chat_id < 0  # in a group a second person reads along
    rows = [_verdict(voice, batch)] if asked_here else []
    rows += [[button("bulk.stop", "bulkstop")]] if _among(sums, {State.QUEUED, State.AWAITING_APPROVAL}) else []
    if _among(sums, _STOPPED) != list(sums):
        rows.append([button("bulk.rows", "bulkrows"), button("bulk.result", "bulkfile")])
    if _among(sums, {State.FAILED}) and not _among(sums, _MOVING | _ASKED):
        rows.append([button("bulk.again", "bulkagain")])
    return InlineKeyboardMarkup(rows) if rows else None


def reading(voice: Voice, batch: Batch, sums: Sequence[Sum]) -> InlineKeyboardMarkup | None:
    """The buttons that change nothing, for the board shown once more."""
    keyboard = buttons(voice, batch, sums)
    shows = {f"{verb}:{batch.id}" for verb in ("bulkrows", "bulkfile", "bulkagain")}
    kept = [[one for one in row if one.callback_data in shows] for row in keyboard.inline_keyboard] if keyboard else []
    return InlineKeyboardMarkup([row for row in kept if row]) if any(kept) else None


def _to_confirm(voice: Voice, batch: Batch, drafts: Sequence[Sum], title_of: TitleOf) -> Markup:
    lines = _head(voice, batch, drafts)
    for one in drafts:
        title, total = title_of(batch.merchant_id, one.provider), Money(one.amount, one.currency)
        fee = Money(one.fee, one.currency) if one.fee is not None else None
        key = "bulk.via" if fee is None else "bulk.via.fee"
        lines.append(voice.say(key, title=title, lines=one.lines, total=total, fee=fee))
        lines += _after(voice, batch, one, title)
    lines += [Markup(""), *_warnings(voice, batch), *_before(voice, batch)]
    until = min(one.due_at for one in drafts if one.due_at)
    return _BREAK.join([*lines, voice.say("card.until", until=voice.clock(until))])


def _before(voice: Voice, batch: Batch) -> list[Markup]:
    """What happens once it is confirmed: it does not always leave at once."""
    if needs := batch.checks.get("needs"):
        return [voice.say("card.needs", why=voice.say(f"why.{needs[0]}")), voice.say("bulk.check.second")]
    return [voice.say("bulk.check.waits" if batch.checks.get("waits") else "bulk.check")]


def _after(voice: Voice, batch: Batch, one: Sum, title: str) -> list[Markup]:
    """What the system would hold afterwards, where it told what it holds."""
    held = batch.checks.get("purses", {}).get(one.provider, {}).get(one.currency)
    if held is None:
        return []
    left = held - one.amount - (one.fee or 0)
    key = "bulk.after" if left >= 0 else "bulk.short"
    return [voice.say(key, title=title, amount=Money(abs(left), one.currency))]


def _warnings(voice: Voice, batch: Batch) -> list[Markup]:
    checks = batch.checks
    told = [voice.say("bulk.left_out", count=checks["left_out"])] if checks.get("left_out") else []
    told += [voice.say("bulk.twice", numbers=_numbers(checks["twice"]))] if checks.get("twice") else []
    return told + ([voice.say("bulk.lately", numbers=_numbers(checks["lately"]))] if checks.get("lately") else [])


def _numbers(numbers: Sequence[int]) -> str:
    more = "…" if len(numbers) > _MOST_NUMBERS else ""
    return ", ".join(map(str, numbers[:_MOST_NUMBERS])) + more


def _head(voice: Voice, batch: Batch, sums: Sequence[Sum]) -> list[Markup]:
    return [
        voice.say("bulk.title", total=_total(voice, sums), id=batch.id),
        voice.say("bulk.sheet", title=batch.title, lines=_lines(sums)),
    ]


def _counts(voice: Voice, sums: Sequence[Sum]) -> list[Markup]:
    return [_count(voice, name, found) for name, states in _ROWS if (found := _among(sums, states))]


def _count(voice: Voice, name: str, sums: Sequence[Sum]) -> Markup:
    return voice.say(f"bulk.row.{name}", count=_lines(sums), total=_total(voice, sums))


def _progress(sums: Sequence[Sum]) -> dict[str, object]:
    """A bar is full when all lines have ended, not before."""
    ended = _lines(_among(sums, {State.SUCCEEDED, State.FAILED}))
    share = ended / _lines(sums)
    full = int(share * _CELLS)
    return {"bar": "▰" * full + "▱" * (_CELLS - full), "percent": int(share * 100)}


def _among(sums: Iterable[Sum], states: Collection[State]) -> list[Sum]:
    return [one for one in sums if one.state in states]


def _lines(sums: Iterable[Sum]) -> int:
    return sum(one.lines for one in sums)


def _total(voice: Voice, sums: Iterable[Sum]) -> str:
    by_currency: dict[str, int] = {}
    for one in sums:
        by_currency[one.currency] = by_currency.get(one.currency, 0) + one.amount
    return " + ".join(voice.amount(Money(amount, currency)) for currency, amount in sorted(by_currency.items()))

"""What /shift shows: the tills, a shift's totals, and its close for many eyes. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.approvals import Right, may
from bot.payments.tills import Place, Takings
from bot.texts import Voice
from bot.ui import cards
from bot.ui.roster import named
from providers.money import Money
from storage.models import Till
from storage.people import Member
from storage.shifts import DOUBT, Sum, label
from storage.states import State

_BREAK = Markup("\n")

Screen = tuple[Markup, InlineKeyboardMarkup | None]


def of_tills(voice: Voice, member: Member, places: Sequence[Place]) -> Screen:
    """Nobody works yet: a tap takes a till."""
    runs = may(member, Right.MANAGE_TEAM)
    if not places:
        text = voice.say("shift.none.owner" if runs else "shift.none")
        return text, InlineKeyboardMarkup([[_button(voice, "button.till.new", "newtill:")]]) if runs else None
    lines = [voice.say("shift.which")]
    lines += [
        voice.say("shift.taken_by", till=label(one.till), name=named(one.person), at=one.shift.opened_at)
        for one in places
        if one.shift and one.person
    ]
    rows = [
        [InlineKeyboardButton(f"▶️ {label(one.till)}", callback_data=f"open:{one.till.id}")]
        for one in places
        if one.shift is None
    ]
    if runs:
        rows += [
            [_button(voice, "button.till.close_of", f"close:{one.shift.id}", name=named(one.person))]
            for one in places
            if one.shift and one.person
        ]
        rows.append([_button(voice, "button.till.new", "newtill:"), _button(voice, "button.till.remove", "tills:")])
    return _BREAK.join(lines), InlineKeyboardMarkup(rows)


def of_removal(voice: Voice, places: Sequence[Place]) -> Screen:
    rows = [
        [InlineKeyboardButton(f"✖️ {label(one.till)}", callback_data=f"droptill:{one.till.id}")]
        for one in places
        if one.shift is None
    ]
    return voice.say("shift.which_removed"), InlineKeyboardMarkup([*rows, [_button(voice, "button.tills", "shift:")]])


def of_shift(voice: Voice, takings: Takings) -> Screen:
    head = voice.say("shift.working", till=label(takings.till), at=takings.shift.opened_at)
    buttons = [
        [_button(voice, "button.till.close", f"close:{takings.shift.id}")],
        [_button(voice, "button.till.look", "shift:")],
    ]
    return _BREAK.join([head, *_body(voice, takings)]), InlineKeyboardMarkup(buttons)


def closed(voice: Voice, takings: Takings, *, hide: bool = False) -> Markup:
    """The close. `hide`: for many eyes, phones are masked."""
    head = voice.say(
        "shift.closed",
        till=label(takings.till),
        name=named(takings.person),
        opened=takings.shift.opened_at,
        ended=takings.shift.closed_at,
    )
    return _BREAK.join([head, *_body(voice, takings, hide=hide)])


def after_making(voice: Voice, till: Till) -> InlineKeyboardMarkup:
    take = _button(voice, "button.till.take", f"open:{till.id}")
    return InlineKeyboardMarkup([[take], [_button(voice, "button.tills", "shift:")]])


def after_close(voice: Voice) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[_button(voice, "button.tills", "shift:")]])


def _body(voice: Voice, takings: Takings, *, hide: bool = False) -> list[Markup]:
    done = [one for one in takings.sums if one.state is State.SUCCEEDED]
    lines = list(_sums(voice, done)) or [voice.say("shift.nothing")]
    if failed := sum(one.count for one in takings.sums if one.state is State.FAILED):
        lines.append(voice.say("shift.failed", count=failed))
    open_ones = [one for one in takings.unended if one.state not in DOUBT]
    doubts = [one for one in takings.unended if one.state in DOUBT]
    for key, found in (("shift.open", open_ones), ("shift.doubt", doubts)):
        if found:
            lines.append(voice.say(key, count=len(found)))
            lines += [cards.list_line(voice, one, hide=hide) for one in found]
    return lines


def _sums(voice: Voice, done: Iterable[Sum]) -> Iterable[Markup]:
    """By currency and kind, and under it by operator."""
    alike: dict[tuple[str, str], list[Sum]] = defaultdict(list)
    for one in done:
        alike[one.kind, one.currency].append(one)
    for (kind, currency), some in alike.items():
        whole = Money(sum(one.amount for one in some), currency)
        yield voice.say(f"shift.kind.{kind}", count=sum(one.count for one in some), amount=whole)
        if any(one.operator for one in some):
            for one in some:
                operator = one.operator or voice.say("card.operator.any")
                yield voice.say(
                    "shift.operator", operator=operator, count=one.count, amount=Money(one.amount, currency)
                )


def _button(voice: Voice, key: str, data: str, **values: object) -> InlineKeyboardButton:
    return InlineKeyboardButton(voice.say(key, **values).unescape(), callback_data=data)

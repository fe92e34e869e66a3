"""How a schedule looks: its card with its buttons, its line in the list, and what is told of an occurrence. Pure."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.phone import pretty
from bot.payments.rhythm import LAST, Rhythm
from bot.payments.schedules import Happening, What
from bot.texts import Voice
from bot.ui.paging import turns
from providers.messages import Kind
from providers.money import Money
from storage.models import Plan, Schedule

PAGE = 8
_BREAK = Markup("\n")

Screen = tuple[Markup, InlineKeyboardMarkup | None]


def card(voice: Voice, schedule: Schedule, now: datetime) -> Screen:
    lines = [voice.say(f"schedule.title.{schedule.kind}", what=_what(voice, schedule), id=schedule.id)]
    if schedule.description:
        lines.append(voice.say("card.description", description=schedule.description))
    if not schedule.every:
        return _BREAK.join([*lines, Markup(""), voice.say("schedule.which")]), _choices(voice, schedule, now)
    lines.append(voice.say("schedule.when", rhythm=rhythm_words(voice, schedule)))
    if _of_month(schedule) > 28:
        lines.append(voice.say("schedule.short_months"))
    if schedule.state is Plan.ACTIVE and schedule.next_on:
        key = "schedule.next.skipped" if schedule.skipped_on == schedule.next_on else "schedule.next"
        lines.append(voice.say(key, day=voice.date(schedule.next_on)))
    lines += [Markup(""), voice.say(_standing(schedule))]
    return _BREAK.join(lines), _buttons(voice, schedule)


def _standing(schedule: Schedule) -> str:
    if schedule.state is Plan.DRAFT and schedule.kind == Kind.PAYOUT:
        return "schedule.draft.payout"
    return f"schedule.{schedule.state}"


def rhythm_words(voice: Voice, schedule: Schedule) -> Markup:
    beat = Rhythm.read(schedule.every, schedule.at)
    if beat.unit == "week":
        return voice.say("schedule.week", weekday=voice.weekday(beat.number), at=schedule.at)
    if beat.unit == "month" and beat.number == LAST:
        return voice.say("schedule.last", at=schedule.at)
    return voice.say(f"schedule.{beat.unit}", number=beat.number, at=schedule.at)


def _of_month(schedule: Schedule) -> int:
    beat = Rhythm.read(schedule.every, schedule.at)
    return beat.number if beat.unit == "month" and beat.number < LAST else 0


def _what(voice: Voice, schedule: Schedule) -> str:
    return f"{voice.amount(Money(schedule.amount, schedule.currency))} · {pretty(schedule.msisdn)}"


def _choices(voice: Voice, schedule: Schedule, now: datetime) -> InlineKeyboardMarkup:
    """Today's day of the month and of the week are what somebody most likely means."""
    today = now.astimezone(ZoneInfo(voice.timezone)).date()
    options = [Rhythm("month", today.day), Rhythm("month", LAST), Rhythm("week", today.weekday()), Rhythm("day")]
    rows = []
    for beat in options:
        shown = schedule.model_copy(update={"every": beat.every, "at": f"{beat.at:%H:%M}"})
        rows.append([_button(rhythm_words(voice, shown), f"plan:{schedule.id}:{beat.every}")])
    return InlineKeyboardMarkup([*rows, [_button(voice.say("button.cancel"), f"planend:{schedule.id}")]])


def _buttons(voice: Voice, schedule: Schedule) -> InlineKeyboardMarkup | None:
    end = _button(voice.say("schedule.button.end"), f"planend:{schedule.id}")
    match schedule.state:
        case Plan.DRAFT:
            go = _button(voice.say("schedule.button.start"), f"plango:{schedule.id}")
            return InlineKeyboardMarkup([[go, _button(voice.say("button.cancel"), f"planend:{schedule.id}")]])
        case Plan.PAUSED:
            return InlineKeyboardMarkup([[_button(voice.say("button.resume"), f"plango:{schedule.id}"), end]])
        case Plan.ACTIVE:
            pause = _button(voice.say("schedule.button.pause"), f"planpause:{schedule.id}")
            skips = [_skip(voice, schedule)] if schedule.skipped_on != schedule.next_on else []
            return InlineKeyboardMarkup([[pause, end], *([skips] if skips else [])])
    return None


def _skip(voice: Voice, schedule: Schedule) -> InlineKeyboardButton:
    return _button(voice.say("schedule.button.skip"), f"planskip:{schedule.id}:{schedule.next_on}")


def page(voice: Voice, found: Sequence[Schedule], offset: int) -> Screen:
    """`found` may hold one more than a page, which says that there is another."""
    lines = [voice.say("schedule.list"), *(_line(voice, one) for one in found[:PAGE])]
    rows = [[_button(voice.say("schedule.button.see", what=_what(voice, one)), f"plansee:{one.id}")]
            for one in found[:PAGE]]  # fmt: skip
    rows += turns(voice, "plans:", offset, PAGE, more=len(found) > PAGE)
    return _BREAK.join(lines), InlineKeyboardMarkup(rows)


def _line(voice: Voice, schedule: Schedule) -> Markup:
    paused = schedule.state is Plan.PAUSED or not schedule.next_on
    key = "schedule.line.paused" if paused else "schedule.line"
    day = voice.date(schedule.next_on) if schedule.next_on else ""
    return voice.say(key, what=_what(voice, schedule), rhythm=rhythm_words(voice, schedule), day=day)


def told(voice: Voice, happening: Happening, why: Markup) -> Screen:
    schedule = happening.schedule
    text = voice.say(
        f"schedule.told.{happening.what}",
        what=_what(voice, schedule),
        day=voice.date(happening.on),
        at=schedule.at,
        id=schedule.id,
        why=why,
    )
    tomorrow = happening.what is What.TOMORROW
    return text, InlineKeyboardMarkup([[_skip(voice, schedule)]]) if tomorrow else None


def read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _button(label: Markup, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(label.unescape(), callback_data=data)

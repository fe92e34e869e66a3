from datetime import date, timedelta
from typing import Any

import pytest
from markupsafe import Markup
from telegram import InlineKeyboardMarkup

from bot.payments.schedules import Happening, What
from bot.rooms.world import World
from bot.texts import LANGUAGES, Voice
from bot.ui import agenda
from storage.models import Plan, Schedule
from tests.books import NOON, OWNER
from tests.bot.telegram_html import plain

EN, FR = Voice("en", "Africa/Douala"), Voice("fr", "Africa/Douala")


def schedule(**changes: Any) -> Schedule:
    values: dict[str, Any] = {
        "id": World().new_id(), "merchant_id": 1, "intent": "1:1", "kind": "payout", "amount": 50_000,
        "currency": "XAF", "msisdn": "237677123456", "country": "CM", "operator": "MTN", "description": "<b>salary",
        "asker_id": OWNER, "chat_id": OWNER, "every": "month:25", "at": "08:00", "state": Plan.ACTIVE,
        "next_on": date(2026, 11, 25), "created_at": NOON,
    }  # fmt: skip
    return Schedule(**(values | changes))


def data_of_every_plan(voice: Voice) -> list[str]:
    screens = [agenda.card(voice, schedule(state=state), NOON) for state in Plan]
    screens.append(agenda.card(voice, schedule(every="", at="", state=Plan.DRAFT), NOON))
    screens.append(agenda.page(voice, [schedule()] * (agenda.PAGE + 1), 9_000))
    return [
        str(button.callback_data)
        for _, keyboard in screens
        for row in (keyboard.inline_keyboard if keyboard else [])
        for button in row
    ]


def labels(keyboard: InlineKeyboardMarkup | None) -> list[str]:
    return [button.text for row in keyboard.inline_keyboard for button in row] if keyboard else []


@pytest.mark.parametrize(
    ("every", "french", "english"),
    [
        ("month:25", "chaque mois, le 25, à 08:00", "every month on day 25 at 08:00"),
        ("month:31", "le dernier jour de chaque mois à 08:00", "the last day of each month at 08:00"),
        ("week:0", "chaque lundi à 08:00", "every Monday at 08:00"),
        ("day:0", "chaque jour à 08:00", "every day at 08:00"),
    ],
)
def test_a_rhythm_is_said_as_people_say_it(every: str, french: str, english: str) -> None:
    shown = schedule(every=every)
    assert agenda.rhythm_words(FR, shown) == french
    assert agenda.rhythm_words(EN, shown) == english


def test_a_day_that_some_months_lack_is_explained() -> None:
    for day, told in ((28, False), (29, True), (30, True), (31, False)):
        text, _ = agenda.card(EN, schedule(every=f"month:{day}"), NOON)
        assert ("In a shorter month" in text) is told


def test_one_that_is_left_out_says_so_and_can_not_be_left_out_twice() -> None:
    text, keyboard = agenda.card(EN, schedule(skipped_on=date(2026, 11, 25)), NOON)
    assert "Wed 25 Nov 2026, which is left out" in plain(text)
    assert "<b>salary" in plain(text)
    assert "⏭ Skip the next one" not in labels(keyboard)


def test_what_is_meant_is_asked_with_todays_day_first() -> None:
    _, keyboard = agenda.card(EN, schedule(every="", at="", state=Plan.DRAFT), NOON + timedelta(hours=11))
    assert labels(keyboard)[:3] == [
        "every month on day 21 at 08:00",
        "the last day of each month at 08:00",
        "every Saturday at 08:00",
    ]


@pytest.mark.parametrize("voice", [Voice(language, "Africa/Douala") for language in LANGUAGES], ids=LANGUAGES)
@pytest.mark.parametrize("what", What)
def test_whatever_happens_is_told_and_only_tomorrows_can_be_left_out(what: What, voice: Voice) -> None:
    text, keyboard = agenda.told(voice, Happening(what, schedule(), date(2026, 11, 25)), Markup(""))
    assert "50" in plain(text)
    assert (keyboard is not None) is (what is What.TOMORROW)

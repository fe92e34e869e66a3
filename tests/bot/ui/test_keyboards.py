import re
from pathlib import Path

import pytest
from telegram import InlineKeyboardMarkup

import bot
from bot.commands import TAPS
from bot.commands.base import Tap
from bot.payments.hearing import Heard
from bot.payments.periods import Period
from bot.payments.team import Mate, Roll
from bot.rooms.world import World
from bot.texts import LANGUAGES, Voice
from bot.ui import figures, hearing, keyboards, payees, roster
from providers.errors import Reason
from storage.models import Invite, Merchant, Payee, Payment, Person, Role
from storage.states import CANCELLABLE, State
from storage.tones import STANDARD
from tests.books import NOON, draft
from tests.bot.ui.test_agenda import data_of_every_plan
from tests.bot.ui.test_arrivals import data_of_a_check
from tests.bot.ui.test_board import data_of_every_button
from tests.bot.ui.test_disputes import data_of_every_dispute

MOST = 64
PAUL = "237677777777"
EN = Voice("en", "Africa/Douala")


def data(markup: InlineKeyboardMarkup | None) -> list[str]:
    return [str(button.callback_data) for row in markup.inline_keyboard for button in row] if markup else []


def payment(state: State, kind: str = "collection") -> Payment:
    """With an id as the program makes it."""
    return draft(id=World().new_id(), state=state, kind=kind)


def data_of_the_team(voice: Voice) -> list[str]:
    house = Merchant(id=1, name="", country="CM", timezone="Africa/Douala", language="fr", created_at=NOON)
    mate = Mate(Person(id=10**15, name="Ben", created_at=NOON), Role.CASHIER, NOON, settled=False)
    invite = Invite(id=10**9, merchant_id=1, role=Role.APPROVER, digest="", by_id=1, created_at=NOON, expires_at=NOON)
    screens = (
        roster.of_team(voice, house, Roll([mate] * 100, [invite])),
        roster.of_mate(voice, house, mate),
        roster.of_removal(voice, mate),
        roster.of_roles(voice, house),
    )
    return [one for _, keyboard in screens for one in data(keyboard)]


def data_of_the_payees(voice: Voice) -> list[str]:
    one = Payee(id=10**9, merchant_id=1, name="Paul", plain="paul", msisdn=PAUL, country="CM", by_id=1, created_at=NOON)
    screens = (
        payees.of_list(voice, [one] * 100, 8, edits=True),
        payees.of_payee(voice, one, edits=True),
        payees.of_removal(voice, one),
    )
    return [*data(payees.of_choice([one])), *(name for _, keyboard in screens for name in data(keyboard))]


def waiting_for_a_code() -> Payment:
    row = payment(State.PENDING)
    row.step = {"kind": "give_code", "url": "", "details": {}, "dial": "*144#"}
    return row


def a_link(**checks: bool) -> Payment:
    row = payment(State.PENDING)
    row.channel, row.checks = "link", checks
    row.step = {"kind": "open_page", "url": "https://pay.example.org/x", "details": {}, "dial": ""}
    return row


@pytest.mark.parametrize(
    ("url", "label"),
    [("https://pay.example.org/x", "🔗 Payment page"), ("http://pay.example.org/x", ""), ("https://localhost/x", "")],
)
def test_only_a_public_page_becomes_a_button_since_telegram_refuses_others(url: str, label: str) -> None:
    row = payment(State.PENDING)
    row.step = {"kind": "open_page", "url": url, "details": {}, "dial": ""}
    keyboard = keyboards.of_card(EN, row)
    assert (keyboard.inline_keyboard[0][0].text if keyboard else "") == label


@pytest.mark.parametrize("kind", ["collection", "payout"])
@pytest.mark.parametrize("state", State)
def test_a_card_has_the_buttons_that_still_do_something(state: State, kind: str) -> None:
    row = payment(state, kind)
    verbs = [one.split(":")[0] for one in data(keyboards.of_card(EN, row))]
    if state is State.DRAFT:
        assert verbs == ["confirm", "cancel"]
    elif kind == "collection" and state in {State.FAILED, State.EXPIRED}:
        assert verbs == ["remind"]
    elif state is State.SUCCEEDED:
        assert verbs == ["receipt", "redo"]
    elif state in {State.FAILED, State.EXPIRED}:
        assert verbs == ["redo"]
    else:
        assert verbs == (["cancel"] if state in CANCELLABLE else [])


def test_a_request_to_a_wrong_number_or_one_that_was_asked_again_is_not_asked_again() -> None:
    wrong, done = payment(State.FAILED), payment(State.FAILED)
    wrong.reason, done.checks = Reason.BAD_PHONE, {"reminded": {"id": "X", "at": NOON.isoformat()}}
    assert data(keyboards.of_card(EN, wrong)) == data(keyboards.of_card(EN, done)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_button_is_short_enough_for_telegram_and_has_somebody_who_hears_it(language: str) -> None:
    voice = Voice(language, "Africa/Douala")
    everything = [
        *data(keyboards.of_card(voice, payment(State.DRAFT))),
        *data(keyboards.of_card(voice, payment(State.QUEUED, "payout"))),
        *data(keyboards.of_card(voice, waiting_for_a_code())),
        *(one for one in data(keyboards.of_card(voice, a_link())) if one != "None"),
        *data(keyboards.of_card(voice, a_link(lapsed=True))),
        *data(keyboards.of_card(voice, payment(State.EXPIRED))),
        *data(keyboards.of_card(voice, draft(checks={"repeats": {"id": "X", "at": NOON.isoformat()}}))),
        *data(keyboards.of_approval(voice, draft(id=World().new_id(), version=10**6))),
        *data(keyboards.of_pause(voice)),
        *data(keyboards.of_history(voice, newer=10**9, older=10**9 + 8)),
        *data(keyboards.of_languages(voice)),
        *data(keyboards.of_group_offer(voice)),
        *data_of_every_button(voice),
        *data(keyboards.of_paid(voice, payment(State.SUCCEEDED), refundable=True)),
        *data_of_a_check(voice),
        *data_of_every_dispute(voice),
        *data_of_the_team(voice),
        *data_of_every_plan(voice),
        *data_of_the_payees(voice),
        *data(keyboards.of_card(voice, payment(State.SUCCEEDED), saves=True)),
        *data(hearing.screen(voice, Heard(None, "20:00", STANDARD), 1)[1]),
        *data(figures.buttons(voice, Period.week(NOON.date()), NOON.date())),
    ]
    assert all(1 <= len(one.encode()) <= MOST for one in everything)
    assert {one.partition(":")[0] for one in everything} <= {tap.verb for tap in TAPS}


@pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.verb)
def test_every_tap_that_is_heard_has_a_button(tap: Tap) -> None:
    """Its verb stands in the code beside where it is heard: in front of a colon, or among the verbs of a screen."""
    rooms = [path for room in ("ui", "commands") for path in (Path(bot.__file__).parent / room).glob("*.py")]
    written = [path.read_text(encoding="utf-8") for path in rooms]
    made = re.compile(rf"""["']{tap.verb}:|(?<!Tap\()["']{tap.verb}["']""")
    assert any(made.search(source) for source in written)


def test_a_page_in_the_middle_turns_both_ways_and_the_only_page_none() -> None:
    assert data(keyboards.of_history(EN, newer=0, older=16)) == ["history:0", "history:16"]
    assert data(keyboards.of_history(EN, newer=None, older=8)) == ["history:8"]
    assert keyboards.of_history(EN, newer=None, older=None) is None


def test_ids_are_never_the_same_and_hold_nothing_that_is_misread() -> None:
    ids = {World().new_id() for _ in range(2000)}
    assert len(ids) == 2000
    assert not set("".join(ids)) & set("01IOio")

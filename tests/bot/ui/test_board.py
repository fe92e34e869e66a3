import re
from typing import Any

import pytest

from bot.texts import LANGUAGES, Voice
from bot.ui import board, listing
from storage.batches import Sum
from storage.models import Batch
from storage.states import State
from tests.books import GROUP, NOON, OWNER, draft
from tests.bot.telegram_html import plain

EN = Voice("en", "Africa/Douala")
S = State


def batch(**checks: Any) -> Batch:
    return Batch(
        id="BATCH23456",
        merchant_id=1,
        intent="1:7",
        title="<june>.csv",
        asker_id=OWNER,
        chat_id=OWNER,
        checks=checks,
        created_at=NOON,
    )


def some(state: State, lines: int = 1, amount: int = 100, **more: Any) -> Sum:
    values: dict[str, Any] = {"provider": "scripted", "currency": "XAF", "fee": None, "due_at": NOON}
    return Sum(**{**values, "state": state, "lines": lines, "amount": amount, **more})


def shown(*sums: Sum, **checks: Any) -> str:
    return plain(board.board(EN, batch(**checks), sums, lambda _, name: name.title())).replace("\u00a0", " ")


def labels(*sums: Sum, **checks: Any) -> list[str]:
    keyboard = board.buttons(EN, batch(**checks), sums)
    return [button.text for row in keyboard.inline_keyboard for button in row] if keyboard else []


def data_of_every_button(voice: Voice) -> list[str]:
    boards = (
        [some(S.DRAFT, due_at=NOON)],
        [some(S.QUEUED), some(S.FAILED)],
        [some(S.SUCCEEDED), some(S.FAILED)],
    )
    keyboards = [board.buttons(voice, batch(twice=[3]), sums) for sums in boards]
    keyboards.append(listing.page(voice, batch(wrong=[[9, "x"]] * 9999), [], 9000)[1])
    keyboards.append(board.decision(voice, batch(), [some(S.AWAITING_APPROVAL)]))
    return [
        str(button.callback_data)
        for keyboard in keyboards
        if keyboard
        for row in keyboard.inline_keyboard
        for button in row
    ]


def test_a_draft_shows_both_numbers_the_systems_the_fee_and_until_when() -> None:
    text = shown(some(S.DRAFT, 247, 24_700, fee=247), left_out=3)
    assert "24,700 FCFA" in text
    assert "rows: 247" in text
    assert "Via Scripted: 24,700 FCFA · rows: 247 · fee about 247 FCFA" in text
    assert "left out: 3" in text
    assert "<june>.csv" in text
    assert "13:00" in text


def test_the_balance_afterwards_is_told_or_what_is_lacking() -> None:
    purse = {"purses": {"scripted": {"XAF": 1000}}}
    assert "balance after: 390 FCFA" in shown(some(S.DRAFT, 6, 600, fee=10), **purse)
    assert "short of 110 FCFA" in shown(some(S.DRAFT, 6, 1100, fee=10), **purse)
    assert "balance" not in shown(some(S.DRAFT, 6, 600, currency="KES"), **purse)


def test_repeats_are_named_by_their_rows_and_one_tap_leaves_them_out() -> None:
    text = shown(some(S.DRAFT, 9), twice=[4, 7], lately=list(range(20)))
    assert "Twice in the sheet, rows: 4, 7" in text
    assert "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11…" in text
    assert "Without the repeats (2)" in labels(some(S.DRAFT, 9), twice=[4, 7])
    usual = ["✅ Pay 100\u00a0FCFA", "✖️ Cancel", "☰ All rows"]
    assert labels(some(S.DRAFT, 9), some(S.CANCELLED, 2), twice=[4, 7]) == usual
    assert labels(some(S.DRAFT, 9)) == usual


def test_the_bar_counts_what_has_ended_and_is_full_only_then() -> None:
    almost = shown(some(S.SUCCEEDED, 998), some(S.FAILED), some(S.PENDING))
    assert "▰▰▰▰▰▰▰▰▰▱ 99%" in almost
    assert "Under way: 1" in almost
    assert "▰▰▰▰▰▰▰▰▰▰ 100%" in shown(some(S.SUCCEEDED, 999), some(S.FAILED))


def test_lines_that_were_left_out_or_stopped_are_no_part_of_the_total() -> None:
    text = shown(some(S.SUCCEEDED, 3, 300), some(S.CANCELLED, 2, 200))
    assert "Payments · 300 FCFA" in text
    assert "100%" in text
    assert "Stopped: 2 · 200 FCFA" in text


def test_doubt_is_called_doubt_and_never_done() -> None:
    text = shown(some(S.SUCCEEDED), some(S.REVIEW, 2, 200), some(S.UNKNOWN))
    assert "In doubt: 3 · 300 FCFA" in text
    assert "do not send them again" in text
    assert "Done." not in text


@pytest.mark.parametrize("state", [S.CANCELLED, S.EXPIRED])
def test_a_batch_of_which_nothing_was_sent_says_so_and_has_no_buttons(state: State) -> None:
    assert "Nothing was sent" in shown(some(state, 4))
    assert labels(some(state, 4)) == []


def test_each_moment_has_its_own_buttons() -> None:
    assert labels(some(S.QUEUED), some(S.PENDING)) == ["✖️ Stop what has not left", "☰ All rows", "📄 Result"]
    assert labels(some(S.PENDING), some(S.FAILED)) == ["☰ All rows", "📄 Result"]
    assert labels(some(S.SUCCEEDED), some(S.FAILED)) == ["☰ All rows", "📄 Result", "↻ Rows to send again"]


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ({}, "leaves at once"),
        ({"waits": True}, "ten minutes later"),
        ({"needs": ["amount"]}, "Nothing leaves before a second person approves"),
    ],
)
def test_a_draft_says_what_its_tap_will_do(checks: dict[str, Any], words: str) -> None:
    text = shown(some(S.DRAFT), **checks)
    assert words in text
    assert ("leaves at once" in text) is (checks == {})


def test_a_board_shown_once_more_keeps_the_buttons_that_change_nothing() -> None:
    keyboard = board.reading(EN, batch(), [some(S.QUEUED), some(S.SUCCEEDED)])
    assert keyboard
    assert [one.text for row in keyboard.inline_keyboard for one in row] == ["☰ All rows", "📄 Result"]
    assert board.reading(EN, batch(), [some(S.CANCELLED)]) is None


WRONG = [[number, f"what is wrong with {number} {'x' * 900}"] for number in range(3, 60, 2)]


def test_every_row_stands_in_the_list_with_its_number_a_page_at_a_time() -> None:
    lines = [
        draft(kind="payout", line=number, extras={"name": "<Awa>"}, state=S.DRAFT) for number in range(2, 2 + 60, 2)
    ]
    found, offset = list[str](), 0
    for _ in range(5):
        told, keyboard = listing.page(EN, batch(wrong=WRONG, twice=[2], lately=[4]), lines, offset)
        assert len(told) < 4096
        found += plain(told).splitlines()[1:]
        offset += 12
        assert keyboard
    assert [int(re.findall(r"\d+", line)[0]) for line in found] == list(range(2, 61))
    assert "<Awa> · ⚠️ twice in the sheet" in found[0]
    assert "what is wrong with 3" in found[1]
    assert "⚠️ already paid in the last three days" in found[2]


def test_a_page_beyond_the_end_is_the_last_and_of_wrong_rows_alone_there_are_only_those() -> None:
    told, _ = listing.page(EN, batch(wrong=WRONG), [], 99_999)
    assert plain(told).splitlines()[0] == "⚠️ Rows to mend: 29"
    assert "with 59" in plain(told).splitlines()[-1]
    told, keyboard = listing.page(EN, batch(wrong=WRONG[:3]), [], 0)
    assert len(plain(told).splitlines()) == 4
    assert keyboard is None


def test_a_sheet_asked_for_in_a_group_can_be_approved_there() -> None:
    sheet = batch()
    sheet.chat_id = GROUP
    keyboard = board.buttons(EN, sheet, [some(S.AWAITING_APPROVAL)])
    assert keyboard
    verbs = [str(button.callback_data).partition(":")[0] for button in keyboard.inline_keyboard[0]]
    assert verbs == ["bulkyes", "bulkno"]


def test_amounts_of_several_currencies_are_not_added_up() -> None:
    text = shown(some(S.SUCCEEDED, 1, 500), some(S.SUCCEEDED, 1, 12_50, currency="KES"))
    assert "12.50 KES + 500 FCFA" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", State)
def test_every_state_can_be_shown(state: State, language: str) -> None:
    voice, sums = Voice(language, "Africa/Douala"), [some(state), some(S.SUCCEEDED)]
    assert plain(board.board(voice, batch(), sums, lambda _, name: name))
    assert "Awa" in plain(board.group_line(voice, batch(), sums, "Awa"))

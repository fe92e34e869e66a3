from datetime import timedelta
from typing import Any

import pytest

from bot.payments.review import ENDS, Advice, File, Item
from bot.texts import LANGUAGES, Voice
from bot.ui import disputes
from providers.errors import Reason
from providers.messages import Outcome, Report
from storage.models import Attempt, Event, Payment, Proposal
from storage.states import State
from tests.books import NOON, OWNER
from tests.bot.telegram_html import plain
from tests.bot.ui.test_cards import HOSTILE, KINDS, full

EN = Voice("en", "Africa/Douala")
LATE = NOON + timedelta(hours=30)


def proposed(payment: Payment, state: State, reason: str) -> Item:
    proposal = Proposal(
        payment_id=payment.id,
        id="PROPOSAL01",
        merchant_id=1,
        state=state,
        reason=reason,
        by_id=OWNER,
        version=0,
        created_at=NOON,
        expires_at=LATE,
    )
    return Item(payment, NOON, proposal)


def file(payment: Payment, **changes: Any) -> File:
    attempts = [Attempt(id="k" * 36, merchant_id=1, payment_id=payment.id, provider="scripted", created_at=NOON)]
    heard = [
        Event(merchant_id=1, payment_id=payment.id, at=NOON, by="poll", before="", after="unknown", note="unknown WAIT")
    ]
    values = {"attempts": attempts, "heard": heard, **changes}
    return File(payment, values.pop("provider", "scripted"), "Scripted", "en", values["attempts"], values["heard"])


def data_of_every_dispute(voice: Voice) -> list[str]:
    item = proposed(full(state=State.REVIEW), State.SUCCEEDED, "seen there")
    boards = [
        disputes.of_card(voice, item, decides=True, mine=False),
        disputes.of_queue(voice, [item], newer=10**6, older=0),
        disputes.of_pack(voice, item.payment.id, "fr"),
    ]
    return [str(button.callback_data) for board in boards for row in board.inline_keyboard for button in row]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", ENDS)
def test_every_proposal_for_every_kind_can_be_shown(state: State, kind: str, language: str) -> None:
    voice = Voice(language, "Africa/Douala")
    for hostile in HOSTILE:
        payment = full(state=State.REVIEW, kind=kind, description=hostile, detail=hostile[:100])
        item = proposed(payment, state, hostile)
        texts = [
            disputes.card(voice, item, "Scripted", hostile, LATE),
            disputes.queue_line(voice, item, LATE),
            disputes.pack(voice, file(payment)),
            disputes.question(voice, payment, state),
            disputes.decided(voice, full(state=state, kind=kind)),
        ]
        assert all(0 < len(plain(str(text))) <= 4096 for text in texts)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-5), "0 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(hours=47, minutes=59), "47 h"),
        (timedelta(hours=48), "2 days"),
    ],
)
def test_an_age_is_said_in_one_figure(span: timedelta, words: str) -> None:
    assert disputes.age(EN, span) == words


def test_in_the_queue_a_phone_is_masked_and_the_reason_is_in_words() -> None:
    line = disputes.queue_line(EN, Item(full(state=State.REVIEW, reason=Reason.NO_TRACE), NOON, None), LATE)
    assert "677777777" not in line.replace(" ", "")
    assert "no trace" in line
    assert "30 h" in line


def test_a_pack_holds_what_support_asks_for() -> None:
    payment = full(state=State.REVIEW, reason=Reason.NO_TRACE, extras={"otp": "123456"})
    text = plain(str(disputes.pack(EN, file(payment))))
    assert "5000 XAF" in text
    assert "+237677777777" in text
    assert "2026-11-20 13:00:00+01:00" in text
    assert payment.id in text
    assert payment.reference in text
    assert payment.operator_reference in text
    assert "k" * 36 in text
    assert "unknown WAIT" in text
    assert "123456" not in text


def test_a_pack_for_a_system_that_was_left_holds_nothing_of_the_next_one() -> None:
    payment = full(state=State.REVIEW, reason=Reason.CONTRADICTION)
    text = plain(str(disputes.pack(EN, file(payment, provider="another", heard=[]))))
    assert payment.reference not in text
    assert payment.operator_reference not in text


def test_whoever_proposed_may_only_withdraw_and_a_reader_decides_nothing() -> None:
    item = proposed(full(state=State.REVIEW), State.FAILED, "not there")

    def verbs(**who: bool) -> set[str]:
        rows = disputes.of_card(EN, item, **who).inline_keyboard
        return {str(button.callback_data).partition(":")[0] for row in rows for button in row}

    assert verbs(decides=True, mine=True) == {"look", "pack", "object", "end"}
    assert verbs(decides=True, mine=False) == {"look", "pack", "agree", "object", "end"}
    assert verbs(decides=False, mine=False) == {"look", "pack"}


@pytest.mark.parametrize("outcome", Outcome)
def test_advice_names_the_system_its_word_and_what_does_not_fit(outcome: Outcome) -> None:
    said = [Advice("One", Report(outcome, word="<W>"), "amount 7 XAF"), Advice("Two")]
    text = plain(str(disputes.advice(EN, said)))
    assert "One" in text
    assert "<W>" in text
    assert "amount 7 XAF" in text
    assert "Two gave no answer" in text

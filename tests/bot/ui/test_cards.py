from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.payments.routing import Obstacle
from bot.texts import LANGUAGES, Voice
from bot.ui import cards
from providers.errors import Reason
from providers.money import Money
from storage.models import Payment
from storage.states import State
from tests.books import NOON, PHONE, draft
from tests.bot.telegram_html import plain

KINDS = ["collection", "payout"]
MOST = 4096
HOSTILE = [
    "shoes",
    "<b>bold</b> & </code> <script>alert(1)</script>",
    "{amount} {0} {} %s %(x)s",
    "\"quotes\" 'and' `ticks` *stars* _lines_",
    "</b></i></code></pre></a>",
    "<" * 120,
    "&amp;lt;" * 15,
    "👨‍👩‍👧 émoji ñ 漢字 \u202e backwards",
    "line\nline",
]


def full(**changes: Any) -> Payment:
    """A payment of which everything is known."""
    values: dict[str, Any] = {
        "reference": "bcedde9b-62a7-4421-96ac-2e6179552a1a",
        "operator_reference": "1880106956",
        "payer_hint": "*126#",
        "reason": Reason.DECLINED,
        "detail": "APPROVAL_REJECTED",
        "fee": 100,
        "confirmed_at": NOON,
        "sent_at": NOON,
        "settled_at": NOON,
        "due_at": NOON + timedelta(minutes=15),
    }
    return draft(**{**values, **changes})


def voice(language: str) -> Voice:
    return Voice(language, "Africa/Douala")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", State)
def test_every_state_of_every_kind_has_a_card_a_group_line_and_a_list_line(
    state: State, kind: str, language: str
) -> None:
    for hostile in HOSTILE:
        payment = full(state=state, kind=kind, description=hostile, detail=hostile, operator=hostile)
        card = cards.card(voice(language), payment, f"Cam<Pay {hostile}")
        shown = plain(card)
        assert hostile in shown
        assert "5 000 FCFA" in shown.replace("\u00a0", " ").replace(",", " ")
        assert len(shown) < MOST
        for line in (
            cards.group_line(voice(language), payment, hostile),
            cards.list_line(voice(language), payment),
        ):
            assert len(plain(line)) < MOST


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", State)
def test_a_payment_of_which_little_is_known_leaves_no_gap(state: State, kind: str, language: str) -> None:
    payment = draft(state=state, kind=kind, description="", operator="", operator_reference="M1", reference="R1")
    for text in (
        cards.card(voice(language), payment, "CamPay"),
        cards.group_line(voice(language), payment, ""),
        cards.list_line(voice(language), payment),
    ):
        lines = plain(text).split("\n")
        assert "None" not in plain(text)
        assert not [line for line in lines if line.lstrip().startswith((":", "·")) or line.endswith("· ")]
        assert "\n\n\n" not in plain(text)


@settings(max_examples=60)
@given(
    state=st.sampled_from(State),
    kind=st.sampled_from(KINDS),
    language=st.sampled_from(LANGUAGES),
    words=st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
)
def test_what_a_person_typed_is_shown_as_typed(state: State, kind: str, language: str, words: str) -> None:
    payment = full(state=state, kind=kind, description=words, detail=words)
    shown = plain(cards.card(voice(language), payment, "CamPay"))
    assert words in shown
    assert len(shown) < MOST


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", State)
def test_the_group_never_sees_a_whole_phone(state: State, kind: str) -> None:
    for language in LANGUAGES:
        line = plain(cards.group_line(voice(language), full(state=state, kind=kind), "Awa"))
        digits = "".join(sign for sign in line if sign.isdigit())
        assert PHONE not in digits
        assert PHONE[3:] not in digits
        assert "Awa" in line


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("state", [State.FAILED, State.REVIEW])
def test_a_bad_end_says_why_in_its_card_and_in_the_group(state: State, reason: Reason) -> None:
    for language in LANGUAGES:
        why = plain(voice(language).say(f"reason.{reason}"))
        assert why in plain(cards.card(voice(language), full(state=state, reason=reason), "CamPay"))
        assert why in plain(cards.group_line(voice(language), full(state=state, reason=reason), "Awa"))


@pytest.mark.parametrize("state", sorted(set(State) - {State.FAILED, State.REVIEW}))
def test_an_old_reason_is_not_shown_of_a_payment_that_goes_on(state: State) -> None:
    card = plain(cards.card(voice("en"), full(state=state), "CamPay"))
    assert "declined" not in card
    assert "APPROVAL_REJECTED" not in card


@pytest.mark.parametrize(
    ("state", "changes", "words"),
    [
        (State.DRAFT, {"kind": "payout"}, "can’t be called back"),
        (State.DRAFT, {"kind": "payout", "checks": {"needs": ["amount"]}}, "Nothing leaves before a second person"),
        (State.SUCCEEDED, {"kind": "payout", "operator": ""}, "The operation there: 1880106956"),
        (State.DRAFT, {}, "Valid until 13:15"),
        (State.QUEUED, {"reason": ""}, "Sending…"),
        (State.QUEUED, {"reason": Reason.UNREACHABLE}, "CamPay can’t be reached. Nothing has been sent"),
        (State.PENDING, {}, "They can dial *126#"),
        (State.UNKNOWN, {}, "Don’t ask the customer again"),
        (State.UNKNOWN, {"kind": "payout"}, "Don’t send it again"),
        (State.SUCCEEDED, {}, "Paid · 20 Nov, 13:00:00"),
        (State.SUCCEEDED, {"kind": "payout"}, "Sent · 20 Nov, 13:00:00"),
        (State.SUCCEEDED, {"fee_told": True}, "fee 100 FCFA"),
        (State.SUCCEEDED, {"fee_told": False}, "fee about 100 FCFA"),
        (State.SUCCEEDED, {"fee": None}, "fee not published"),
        (State.FAILED, {}, "CamPay said: “APPROVAL_REJECTED”"),
        (State.REVIEW, {}, "A person must decide"),
        (State.CANCELLED, {}, "Nothing was sent"),
        (State.EXPIRED, {}, "Nothing was sent"),
        (State.REJECTED, {}, "Nothing was sent"),
    ],
)
def test_a_card_says_how_things_stand(state: State, changes: dict[str, Any], words: str) -> None:
    assert words in plain(cards.card(voice("en"), full(state=state, **changes), "CamPay")).replace("\u00a0", " ")


@pytest.mark.parametrize("state", [State.DRAFT, State.CANCELLED, State.EXPIRED, State.REJECTED])
def test_a_payment_that_never_left_has_no_references_to_quote(state: State) -> None:
    assert "1880106956" not in cards.card(voice("en"), full(state=state), "CamPay")


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.EXPIRED, State.REJECTED])
def test_what_did_not_happen_costs_nothing(state: State) -> None:
    assert "fee" not in cards.card(voice("en"), full(state=state), "CamPay")


@pytest.mark.parametrize("state", State)
def test_a_slow_operator_is_named_while_the_waiting_is_still_to_come(state: State) -> None:
    ahead = {State.DRAFT, State.AWAITING_APPROVAL, State.QUEUED, State.SENDING, State.PENDING}
    card = plain(cards.card(voice("en"), full(state=state), "KPay", slow=True))
    assert ("KPay says that MTN is slow" in card) == (state in ahead)
    assert "slow" not in plain(cards.card(voice("en"), full(state=state), "KPay"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "CamPay did not take it",
                "KPay takes 100\u00a0FCFA at most",
                "SauriPay does not serve numbers of Cameroon",
            ],
        ),
        ("fr", ["CamPay ne l’a pas pris", "KPay accepte au plus 100\u00a0FCFA", "SauriPay ne dessert pas"]),
    ],
)
def test_a_failed_card_says_why_each_other_system_could_not_take_over(language: str, words: list[str]) -> None:
    others = [Obstacle("KPay", "route.maximum", Money(100, "XAF")), Obstacle("SauriPay", "route.country", "CM")]
    first = {"provider": "campay", "title": "CamPay", "reason": Reason.LIMIT_REACHED}
    failed = full(state=State.FAILED, detours=[first, *(one.written() for one in others)])
    for word in words:
        assert word in plain(cards.card(voice(language), failed, "Nkapsmart"))
    failed.state = State.SUCCEEDED
    assert "SauriPay" not in plain(cards.card(voice(language), failed, "Nkapsmart"))

"""A report's words and its picture."""

from dataclasses import replace
from datetime import date

import pytest

from bot.demo.files import picture_size
from bot.payments.figures import Flow, Page, Report, Share, pages_of
from bot.payments.periods import Period
from bot.texts import LANGUAGES, Voice
from bot.ui import chart, figures
from storage.figures import Standing, Sum, Waited
from storage.models import Merchant
from storage.states import State
from tests.books import NOON

DAY = Period.day(date(2026, 11, 20))
FR, EN = Voice("fr", "Africa/Douala"), Voice("en", "Africa/Douala")
LONGEST_CAPTION = 1024


def sum_of(kind: str, amount: int, count: int = 1, **more: object) -> Sum:
    state = more.get("state", State.SUCCEEDED)
    assert isinstance(state, State)
    return Sum(9, kind, str(more.get("currency", "XAF")), "campay", "MTN", state, count, amount, 100, 0)


def report(*sums: Sum, waited: Waited | None = None, standing: tuple[Standing, ...] = ()) -> Report:
    merchant = Merchant(
        id=1, name="Ada & <Fils>", country="CM", timezone="Africa/Douala", language="fr", created_at=NOON
    )
    pages = pages_of(sums, {"XAF": waited} if waited else {}, DAY.bounds("Africa/Douala"), set())
    return Report(merchant, DAY, False, pages, standing)


def test_the_words_carry_the_page_s_numbers() -> None:
    found = report(
        sum_of("collection", 125_000, 7),
        sum_of("collection", 0, 1, state=State.FAILED),
        sum_of("payout", 40_000, 2),
        sum_of("refund", 5_000, 1),
        waited=Waited(34.4, 131.2),
        standing=(Standing("payout", "XAF", State.UNKNOWN, 1, 300), Standing("payout", "XOF", State.PENDING, 9, 9)),
    )
    text = figures.page(FR, found, found.pages[0]).striptags().replace("\u00a0", " ")
    assert "Reçu : 125 000 FCFA (7)" in text
    assert "Envoyé : 40 000 FCFA (2)" in text
    assert "Remboursé : 5 000 FCFA (1)" in text
    assert "Net : 79 700 FCFA" in text
    assert "7 sur 8 (88 %)" in text
    assert "34 s pour la moitié, 2 min 11 s pour 9 sur 10" in text
    assert "En doute maintenant : 1, 300 FCFA" in text
    assert "En cours" not in text


def test_nothing_failed_is_a_hundred_percent_and_only_that() -> None:
    assert figures.percent(EN, Flow(count=999, failed=1)) == "99%"
    assert figures.percent(EN, Flow(count=999)) == "100%"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (59.4, "59 s"), (65, "1 min 05 s"), (3600, "1 h 00 min"), (9000, "2 h 30 min")]
)
def test_a_time_is_said_in_units_that_fit(seconds: float, text: str) -> None:
    assert figures.lasted(EN, seconds) == text


def test_the_longest_words_are_no_longer_than_a_caption_may_be() -> None:
    many = tuple(Share("W" * 60, Flow(10**6, 0, 10**15), Flow(10**6, 0, 10**15)) for _ in range(30))
    found = report(sum_of("collection", 10**15, 10**7), sum_of("payout", 10**15, 10**7), waited=Waited(1e5, 1e6))
    standing = tuple(Standing("payout", "XAF", state, 10**7, 10**15) for state in (State.UNKNOWN, State.PENDING))
    page = replace(found.pages[0], operators=many, systems=many, untold=10**7)
    for voice in (FR, EN):
        assert len(figures.page(voice, replace(found, standing=standing), page).striptags()) <= LONGEST_CAPTION


def test_buttons_lead_to_other_periods_and_not_into_the_future() -> None:
    def leads(period: Period) -> list[object]:
        rows = figures.buttons(EN, period, DAY.first).inline_keyboard
        return [button.callback_data for row in rows for button in row]

    assert leads(DAY) == ["report:2026-11-19", "report:2026-W47", "report:2026-11", "report:2026-11-19"]
    assert leads(Period.month(DAY.first).before())[-2:] == ["report:2026-09", "report:2026-11"]


PAGES: dict[str, Report] = {
    "one": report(sum_of("collection", 100)),
    "given back": report(sum_of("collection", 40_000, 3), sum_of("payout", 10_000), sum_of("refund", 5_000)),
    "only out": report(sum_of("payout", 10**13, 10**6), waited=Waited(7200, 86_400)),
    "nothing succeeded": report(sum_of("collection", 0, state=State.FAILED)),
    "dollars": report(sum_of("collection", 123_456, currency="USD")),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_makes_a_picture_of_a_sane_size(name: str, language: str) -> None:
    found = PAGES[name]
    content = chart.draw(found, found.pages[0], Voice(language, "Africa/Douala"))
    size = picture_size(content)
    assert size
    assert size[0] == 1080
    assert 900 < size[1] < 1500
    assert len(content) < 400_000


@pytest.mark.parametrize(
    ("minor", "currency", "french", "english"),
    [(950, "XAF", "950", "950"), (12_500, "XAF", "12,5 k", "12.5K"), (2_000_000, "XAF", "2 M", "2M")],
)
def test_small_figures_are_short(minor: int, currency: str, french: str, english: str) -> None:
    assert chart.compact(minor, currency, FR).replace("\u00a0", " ") == french
    assert chart.compact(minor, currency, EN) == english


def test_what_has_no_row_of_its_own_shares_the_last_one() -> None:
    flows = [Flow(1, 0, amount) for amount in (50, 40, 30, 20)]
    page: Page = replace(report(sum_of("collection", 140)).pages[0])
    shares = [Share(name, flow, Flow()) for name, flow in zip("ABCD", flows, strict=True)]
    shown = chart.fewest(replace(page, operators=shares).operators, "Others")
    assert [(one.name, one.came.amount) for one in shown] == [("A", 50), ("B", 40), ("Others", 50)]

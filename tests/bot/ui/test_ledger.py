"""The accountant's files, read again as a spreadsheet reads them."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from bot.payments.figures import Report, pages_of
from bot.payments.periods import Period
from bot.texts import LANGUAGES, Voice
from bot.ui.ledger import COLUMNS, Ledger, Seen
from providers.messages import Balance
from providers.money import Money
from storage.figures import Sum
from storage.ledger import Entry
from storage.models import Merchant, Payment
from storage.states import State
from tests.books import NOON, draft

DAY = Period.day(date(2026, 11, 20))
NAMES = list(COLUMNS)


def entry(**changes: Any) -> Entry:
    values = {"state": State.SUCCEEDED, "confirmed_at": NOON, "settled_at": NOON + timedelta(seconds=31)}
    return Entry(draft(**(values | changes)), "Awa", "Chi")


def files(language: str, *entries: Entry) -> tuple[Any, list[list[str]]]:
    voice = Voice(language, "Africa/Douala")
    book = Ledger(voice, lambda _: "CamPay", lambda _: "yes")
    book.add(entries)
    merchant = Merchant(id=1, name="", country="CM", timezone="Africa/Douala", language="fr", created_at=NOON)
    sums = [Sum(0, "collection", "XAF", "campay", "MTN", State.SUCCEEDED, 2, 5000, 100, 0)]
    report = Report(merchant, DAY, False, pages_of(sums, {}, DAY.bounds("Africa/Douala"), set()), ())
    seen = Seen(NOON, {"CamPay": [Balance(Money(12_345, "XAF"), "MTN")]})
    spreadsheet, table = book.close(report, seen)
    parted = csv.reader(io.StringIO(table.decode("utf-8-sig")), delimiter=";" if language == "fr" else ",")
    return load_workbook(io.BytesIO(spreadsheet)), list(parted)


def cells(book: Any, row: int = 2) -> dict[str, Any]:
    sheet = book.worksheets[0]
    return {name: sheet.cell(row, number) for number, name in enumerate(NAMES, 1)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_are_the_shop_s_and_amounts_are_numbers(language: str) -> None:
    book, table = files(language, entry(fee=75))
    row = cells(book)
    assert row["asked"].value.isoformat() == "2026-11-20T13:00:00"
    assert row["ended"].value.isoformat() == "2026-11-20T13:00:31"
    assert (row["amount"].value, row["fee"].value) == (5000, 75)
    assert row["amount"].data_type == "n"
    assert dict(zip(NAMES, table[1], strict=True))["asked"] == "2026-11-20 13:00:00"


def test_what_would_run_as_a_formula_stays_text() -> None:
    odd = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x.example")']
    book, table = files("en", *(entry(description=text) for text in odd), entry(reference="=2+2", operator="=3"))
    for row in book.worksheets[0].iter_rows(min_row=2):
        assert {cell.data_type for cell in row} <= {"s", "inlineStr", "n", "d"}
        assert all(cell.quotePrefix for cell in row if str(cell.value or "").startswith(("=", "+", "-", "@")))
    at = NAMES.index("description")
    assert [line[at] for line in table[1:-1]] == [f"'{text}" for text in odd]


def test_signs_that_no_spreadsheet_knows_are_left_out() -> None:
    book, _ = files("en", entry(description="sh\x00oe\x0bs"))
    assert cells(book)["description"].value == "shoes"


@pytest.mark.parametrize(("language", "shown"), [("fr", "12,50"), ("en", "12.50")])
def test_decimals_are_those_of_the_spreadsheet_s_language(language: str, shown: str) -> None:
    book, table = files(language, entry(amount=1250, currency="KES"))
    assert cells(book)["amount"].value == 12.5
    assert dict(zip(NAMES, table[1], strict=True))["amount"] == shown


def test_sums_and_what_accounts_hold_have_sheets_of_their_own() -> None:
    book, _ = files("en", entry())
    payments, totals, holdings = book.worksheets
    assert [cell.value for cell in totals[2]] == ["XAF", 5000, 2, 0, 0, 100, 4900]
    assert [cell.value for cell in holdings[2]][:4] == ["CamPay", "MTN", 12_345, "XAF"]
    assert payments.freeze_panes == "A2"


def test_what_is_not_known_is_empty() -> None:
    open_one: Payment = draft(state=State.PENDING, confirmed_at=NOON)
    book, table = files("en", Entry(open_one, "Awa", ""))
    assert cells(book)["ended"].value is None
    assert cells(book)["fee"].value is None
    assert dict(zip(NAMES, table[1], strict=True))["fee"] == ""

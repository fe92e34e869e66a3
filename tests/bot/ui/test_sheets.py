import csv
import io
import zipfile
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.errors import UserError
from bot.texts import LANGUAGES, Voice
from bot.ui import bulk, rows, sheets
from bot.ui.rows import Rows


def xlsx(*table: list[Any]) -> bytes:
    book = Workbook()
    for row in table:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(*lines: str, encoding: str = "utf-8") -> bytes:
    return "\n".join(lines).encode(encoding)


def rows_of(content: bytes, country: str = "CM") -> Rows:
    return rows.from_table(sheets.read(content), country)


def good(content: bytes) -> list[tuple[int, int, str, str, str]]:
    found = rows_of(content)
    assert found.wrong == []
    return [(one.number, one.amount.minor, one.phone.msisdn, one.name, one.description) for one in found.good]


def wrong(content: bytes) -> list[tuple[int, str]]:
    return [(one.number, one.error.key) for one in rows_of(content).wrong]


AWA = (2, 5000, "237677123456", "Awa Ngo", "juin")


@pytest.mark.parametrize(
    "content",
    [
        text("Montant;Téléphone;Nom;Motif", "5000;677123456;Awa Ngo;juin"),
        text("amount,phone,name,description", "5000,677123456,Awa Ngo,juin"),
        text("amount\tphone\tname\tdescription", "5 000\t677 12 34 56\tAwa Ngo\tjuin"),
        text("Motif;NOM;Numéro de téléphone;Montant", "juin;Awa Ngo;+237 677 12 34 56;5 000 F"),
        text("\ufeffMontant;Téléphone;Nom;Motif", "5000;677123456;Awa Ngo;juin"),
        text("Montant;Téléphone;Nom;Motif", "5000;677123456;Awa Ngo;juin", encoding="cp1252"),
        text("Montant;Téléphone;Nom;Motif", "5000;677123456;Awa Ngo;juin", encoding="utf-16"),
        text("Montant;Téléphone;Nom;Motif;Âge", "5000;677123456;Awa Ngo;juin;31", ";;;;"),
        text('"Montant";"Téléphone";"Nom";"Motif"', '"5.000";"\'+237677123456";"Awa\nNgo";"juin"'),
        text("Montant;Téléphone;Nom;Motif;Devise", "5000;677123456;Awa Ngo;juin;XAF"),
        xlsx(["Montant", "Téléphone", "Nom", "Motif"], [5000, 677123456, "Awa Ngo", "juin"]),
        xlsx(["Montant", "Téléphone", "Nom", "Motif"], [5000.0, 237677123456.0, "Awa Ngo", "juin"], [], [None, ""]),
        xlsx(["Nom", "Montant", "Tel", "Motif"], ["Awa  Ngo", "5k", "\u202a677 12 34 56\u202c", "juin"]),
    ],
)
def test_the_same_payment_in_many_hands(content: bytes) -> None:
    assert good(content) == [AWA]


def test_a_sheet_without_names_is_read_by_what_stands_in_its_first_row() -> None:
    assert good(text("677123456;5000;Awa Ngo;juin")) == [(1, *AWA[1:])]
    assert good(text("5000,677123456")) == [(1, 5000, "237677123456", "", "")]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them() -> None:
    assert [row[0] for row in good(text("montant;tel", "", "5;677123456", "", "", "6;677123456"))] == [3, 6]


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (";677123456;x", "sheet.no_amount"),
        ("5000;;x", "sheet.no_phone"),
        ("abc;677123456;x", "amount.unreadable"),
        ("-5;677123456;x", "amount.not_positive"),
        ("0;677123456;x", "amount.not_positive"),
        ("5,5;677123456;x", "amount.no_decimals"),
        ("100 USD;677123456;x", "amount.unreadable"),
        ("9999999999;677123456;x", "amount.too_large"),
        ("5000;6,77E+08;x", "phone.unreadable"),
        ("5000;12;x", "phone.invalid"),
        ("5000;222201234;x", "phone.landline"),
        (f"5000;677123456;{'x' * 121}", "description.too_long"),
        ("5000;677123456;x;y", "sheet.cut"),
        ("TOTAL;;", "sheet.no_phone"),
    ],
)
def test_each_wrong_row_is_named_with_its_number_and_what_is_wrong(row: str, key: str) -> None:
    content = text("Montant;Tel;Motif", "1;677123456;good", row)
    assert wrong(content) == [(3, key)]
    assert len(rows_of(content).good) == 1


@pytest.mark.parametrize("row", ["5,000,677123456,Awa", "5,000,677123456"])
def test_an_amount_that_the_separator_cut_in_two_is_never_paid_as_its_head(row: str) -> None:
    assert [key for _, key in wrong(text("amount,phone,name", row))] == ["sheet.cut"]


def test_an_amount_that_was_cut_in_front_of_another_column_is_seen_too() -> None:
    assert wrong(text("phone,amount,description", "677123456,5,000")) == [(2, "sheet.cut")]


def test_a_column_of_another_currency_is_no_payment_in_francs() -> None:
    assert wrong(text("montant;tel;devise", "100;677123456;USD")) == [(2, "amount.unreadable")]
    [kenyan] = rows_of(text("montant;tel;devise", "100;+254712345678;KES")).good
    assert (kenyan.amount.minor, kenyan.amount.currency) == (10000, "KES")


def test_the_sheets_own_word_for_an_operator_comes_before_the_prefix() -> None:
    [line] = rows_of(text("montant;tel;operateur", "100;677123456;orange")).good
    assert line.phone.operator == "ORANGE"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "sheet.empty"),
        (b"\n\n", "sheet.empty"),
        (text("Montant;Téléphone"), "sheet.empty"),
        (text("Nom;Montant", "Awa;5000"), "sheet.columns"),
        (text("bonjour", "tout le monde"), "sheet.columns"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "sheet.unreadable"),
        (b"PK\x03\x04 and nothing more", "sheet.unreadable"),
        (b"x" * (sheets.LARGEST_FILE + 1), "sheet.too_large"),
        (text("montant;tel", *["5;677123456"] * 20_000), "sheet.too_many"),
        (b"\n" * 30_000, "sheet.too_many"),
        (text("montant;tel", '"' + "x" * 200_000), "sheet.unreadable"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_with_what_to_do(content: bytes, key: str) -> None:
    with pytest.raises(UserError) as refused:
        rows_of(content)
    assert refused.value.key == key


def test_a_thousand_rows_are_welcome() -> None:
    assert len(rows_of(text("montant;tel", *["5;677123456"] * 1000)).good) == 1000


def test_more_than_a_thousand_rows_come_in_parts_that_miss_none_and_repeat_none() -> None:
    lines = sheets.read(text("montant;tel;nom", *[f"{number};677123456;=A{number}" for number in range(5, 2506)]))
    assert not sheets.fits(lines)
    parts = [sheets.read(sheets.write([line.cells for line in part], ";")) for part in sheets.parts(lines)]
    assert [len(part) for part in parts] == [1001, 1001, 502]
    assert {tuple(part[0].cells) for part in parts} == {("montant", "tel", "nom")}
    assert [line.cells for part in parts for line in part[1:]] == [line.cells for line in lines[1:]]
    with pytest.raises(UserError, match=r"sheet\.too_many"):
        sheets.parts(sheets.read(text("montant;tel", *["5;677123456"] * 10_001)))


def test_an_archive_that_unfolds_to_more_than_it_may_is_not_unfolded() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(60 * 1024 * 1024))
    with pytest.raises(UserError, match=r"sheet\.too_large"):
        sheets.read(out.getvalue())


def test_a_formula_is_its_last_value_or_nothing_and_is_never_run() -> None:
    """openpyxl, like any program that never computed it, leaves no value behind a formula."""
    content = xlsx(["Montant", "Tel"], ["=1000*5", 677123456], ["5", 677123456])
    assert wrong(content) == [(2, "sheet.no_amount")]


def test_a_date_in_a_description_is_a_date() -> None:
    [line] = rows_of(xlsx(["montant", "tel", "motif"], [5, 677123456, datetime(2026, 11, 1)])).good  # noqa: DTZ001
    assert line.description == "2026-11-01"


def test_cells_that_a_spreadsheet_would_run_are_made_text_and_come_back_as_they_were() -> None:
    cells = ["=1+1", "+237677123456", "-5", "@x", "plain", "a;b", 'say "x"']
    content = sheets.write([cells], ";")
    [written] = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    assert written[:5] == ["'=1+1", "'+237677123456", "'-5", "'@x", "plain"]
    assert sheets.read(content)[0].cells == cells


def test_in_a_workbook_a_formula_is_text_too_and_comes_back_as_it_was() -> None:
    table = [["Montant", "Téléphone"], ["=1+1", "+237677123456"], ["@x", "-5"], ["a\x01b", "# x"]]
    content = sheets.workbook(table)
    cells = load_workbook(io.BytesIO(content)).worksheets[0]["A2":"B2"]
    assert [(cell.data_type, cell.quotePrefix) for row in cells for cell in row] == [("s", True), ("s", True)]
    assert [[cell for cell in line.cells if cell] for line in sheets.read(content)] == [*table[:3], ["ab", "# x"]]


@pytest.mark.parametrize("voice", [Voice(language, "UTC") for language in LANGUAGES], ids=LANGUAGES)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_template_says_what_belongs_where_and_its_example_is_never_a_payment(voice: Voice, form: str) -> None:
    table = bulk.template(voice)
    write = sheets.workbook if form == "xlsx" else partial(sheets.write, separator=";")
    assert len(table) == 3
    assert good(write([*table, ["5000", "677123456", "Awa Ngo", "juin"]])) == [(4, *AWA[1:])]
    bare = [[cell.removeprefix("# ") for cell in row] for row in table]
    assert [number for number, _ in wrong(write([*bare, ["5", "677123456", "", ""]]))] == [2, 3]


def test_a_remark_with_one_cell_overwritten_is_a_row() -> None:
    assert wrong(text("montant;tel", "5000;# 6XX", "# 5;677123456")) == [
        (2, "phone.unreadable"),
        (3, "amount.unreadable"),
    ]


def test_the_reference_of_a_row_that_was_not_paid_comes_back_with_it() -> None:
    for head in ("Notre référence", "Our reference"):
        [line] = rows_of(text(f"montant;tel;{head}", "100;677123456;abc2")).good
        assert line.again == "ABC2"


def test_lines_in_the_chat_are_read_as_behind_payout() -> None:
    found = rows.from_text("5000 677123456 juin\n\n5k 677 12 34 57\nbonjour\n677123456", "CM")
    assert [(one.number, one.amount.minor, one.phone.msisdn, one.description) for one in found.good] == [
        (1, 5000, "237677123456", "juin"),
        (3, 5000, "237677123457", ""),
    ]
    assert [(one.number, one.error.key) for one in found.wrong] == [(4, "amount.unreadable"), (5, "sheet.line")]


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_a_sheet_or_a_plain_refusal(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"montant;tel\n", b"\xff\xfe"):
        try:
            rows_of(start + content)
        except UserError:
            continue


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=20))
def test_a_spreadsheet_with_a_hole_in_it_is_a_sheet_or_a_plain_refusal(place: int, junk: bytes) -> None:
    whole = xlsx(["montant", "tel"], [5, 677123456])
    try:
        rows_of(whole[:place] + junk + whole[place + len(junk) :])
    except UserError:
        return


@given(st.text(max_size=200))
def test_arbitrary_lines_are_payments_or_wrong_rows(line: str) -> None:
    try:
        found = rows.from_text(line, "CM")
    except UserError:
        return  # there is nothing in it
    assert found.good or found.wrong

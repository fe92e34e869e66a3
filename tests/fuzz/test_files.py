"""Whatever is sent as a sheet: rows that can be paid, rows with what is wrong with them, or one line of refusal."""

import csv
import io
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.errors import UserError
from bot.texts import LANGUAGES, Voice
from bot.ui import rows, sheets
from bot.ui.visit import explain
from tests.books import ACCOUNTANT, CASHIER, OWNER, STRANGER
from tests.fuzz.amount import examples
from tests.fuzz.books import Picture
from tests.fuzz.catalogue import is_ours
from tests.fuzz.room import Room, strange_answers
from tests.fuzz.words import ODD, SIGNS

cells = st.one_of(st.sampled_from([*ODD, "=1+1", "@SUM(A1)", '"', "''"]), st.text(SIGNS, max_size=12), st.just(""))
heads = st.sampled_from(
    [["amount", "phone"], ["Montant", "Téléphone", "Nom", "Motif"], ["phone"], ["x", "y"], [], ["amount"] * 9]
)
tables = st.builds(lambda head, body: [head, *body], heads, st.lists(st.lists(cells, max_size=6), max_size=6))


def as_csv(table: list[list[str]], separator: str, encoding: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(table)
    return out.getvalue().encode(encoding, errors="replace")


def as_xlsx(table: list[list[str]]) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for number, line in enumerate(table, 1):
        for column, cell in enumerate(line, 1):
            sheet.cell(number, column).value = "".join(sign for sign in cell if sign.isprintable())
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_zip(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", content)
    return out.getvalue()


separators, encodings = (
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
written = st.builds(as_csv, tables, separators, encodings)
cut = st.builds(lambda content, at: content[: at * len(content) // 100], written, st.integers(0, 100))
files = st.one_of(
    written,
    written,
    cut,
    st.binary(max_size=300),
    st.binary(max_size=60).map(as_zip),
    st.just(b""),
    st.just(b"\0" * 99),
)


@settings(max_examples=examples(800))
@given(files)
def test_a_file_is_rows_or_a_refusal_in_words(content: bytes) -> None:
    check(content)


@settings(max_examples=examples(60))
@given(tables, st.integers(0, 100), st.binary(max_size=8))
def test_a_workbook_whole_or_damaged_is_rows_or_a_refusal_in_words(
    table: list[list[str]], at: int, damage: bytes
) -> None:
    content = as_xlsx(table)
    check(content)
    place = at * len(content) // 100
    check(content[:place] + damage + content[place + len(damage) :])


def check(content: bytes) -> None:
    try:
        found = rows.from_table(sheets.read(content), "CM")
    except UserError as refused:
        in_our_words(refused)
        return
    for line in found.good:
        assert line.amount.minor > 0
        assert line.phone.msisdn.isdecimal()
    assert len(found.good) + len(found.wrong) <= sheets.MOST_ROWS
    for wrong in found.wrong:
        in_our_words(wrong.error)


def in_our_words(refused: UserError) -> None:
    for language in LANGUAGES:
        said = explain(Voice(language, "Africa/Douala"), refused)
        assert is_ours(str(said)), said


names = st.one_of(
    st.sampled_from(["pay.csv", "pay.xlsx", "../../etc/passwd", ".csv", "x" * 300]), st.text(SIGNS, max_size=20)
)
captions = st.sampled_from(
    ["", "/bulk", "/paie via kpay", "/bulk@guichet_bot", "/bulk@another_bot", "/payout 20", "hello"]
)
people = st.sampled_from([OWNER, OWNER, CASHIER, ACCOUNTANT, STRANGER])


@settings(max_examples=examples(100))
@given(people, st.booleans(), names, files, captions)
def test_a_file_sent_to_the_counter_has_an_answer_in_our_words(
    room: Room, person: int, in_group: bool, name: str, content: bytes, caption: str
) -> None:
    room.forget_forms()
    before = Picture(room)
    user, chat = room.people[person], room.chat(person, in_group=in_group)
    message = room.telegram.send_document(user, chat, name or "file", content, caption)
    seen = room.hears(message)
    assert seen.faults == []
    assert strange_answers(seen) == []
    assert before.wrong(person, stops=False) == []
    if person == STRANGER:
        assert seen.calls == []

"""A table in a file: CSV or XLSX, in and out. Knows nothing of payments; what stands in a cell is text, never run."""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.errors import UserError

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

LARGEST_FILE = 2 * 1024 * 1024
_LARGEST_UNPACKED = 40 * 1024 * 1024
MOST_ROWS = 1000
_MOST_PARTS = 10
_MOST_SEEN = 20_000
"""With empty ones: a sheet whose last row is a stray space far below is still read."""
_MOST_COLUMNS = 50
_LONGEST_CELL = 500

REMARK = "#"
"""A row of which every cell begins so is there to be read by people: a template's explanations and its example."""
_WIDEST = 40

_SEPARATORS = ";\t,"
_XLSX = b"PK\x03\x04"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GUARDED = re.compile(r"^'(?=[=+\-@\t\r])")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is the row's in the sheet, as a spreadsheet counts."""

    number: int
    cells: list[str]


def read(content: bytes) -> list[Line]:
    """The rows that say something, as many as there are; what is paid at once is for `fits` to say.

    Raises UserError: `sheet.too_large`, `sheet.unreadable`, `sheet.too_many`.
    """
    if len(content) > LARGEST_FILE:
        raise UserError("sheet.too_large", most=LARGEST_FILE // 1024 // 1024)
    rows = _xlsx(content) if content.startswith(_XLSX) else _csv(_text(content))
    return [Line(number, cells) for number, cells in enumerate(rows, 1) if any(cells) and not _remark(cells)]


def fits(lines: Sequence[Line]) -> bool:
    return len(lines) <= MOST_ROWS + 1  # the names of the columns are no payment


def parts(lines: Sequence[Line]) -> list[Sequence[Line]]:
    """Of one that does not fit: each begins with the names of the columns. Raises UserError: `sheet.too_many`."""
    head, rows = lines[0], lines[1:]
    if len(rows) > MOST_ROWS * _MOST_PARTS:
        raise UserError("sheet.too_many", most=MOST_ROWS * _MOST_PARTS)
    return [[head, *rows[start : start + MOST_ROWS]] for start in range(0, len(rows), MOST_ROWS)]


def _remark(cells: Sequence[str]) -> bool:
    return all(cell.startswith(REMARK) for cell in cells if cell)


def _text(content: bytes) -> str:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UserError("sheet.unreadable")


def _csv(text: str) -> list[list[str]]:
    """By the separator that makes most cells of the first row; two that tie are told apart by their order."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=lambda sign: len(next(csv.reader([first], delimiter=sign), [])))
    try:
        return _bounded(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        raise UserError("sheet.unreadable") from None


def _xlsx(content: bytes) -> list[list[str]]:
    """The first sheet's values as they were last computed. Formulas are not run, and nothing outside is fetched."""
    from openpyxl import load_workbook  # 22 MB, for which no counter waits that reads no sheet

    try:
        _check_size(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            return _bounded(book.worksheets[0].iter_rows(max_col=_MOST_COLUMNS, values_only=True))
        finally:
            book.close()
    except UserError:
        raise
    except Exception:  # a broken file breaks the reader in more ways than it names
        raise UserError("sheet.unreadable") from None


def _check_size(content: bytes) -> None:
    """By what the archive says of itself: more than that is never unpacked."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > _LARGEST_UNPACKED:
        raise UserError("sheet.too_large", most=LARGEST_FILE // 1024 // 1024)


def _bounded(rows: Iterable[Sequence[Any]]) -> list[list[str]]:
    read: list[list[str]] = []
    for row in rows:
        if len(read) == _MOST_SEEN:
            raise UserError("sheet.too_many", most=MOST_ROWS * _MOST_PARTS)
        read.append([_cell(value) for value in row])
    return read


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        value = value.date()
    text = _INVISIBLE.sub("", str(value))[: _LONGEST_CELL + 1]
    return _GUARDED.sub("", " ".join(text.split()))


def plain(name: str) -> str:
    """Without accents, capitals and signs: Téléphone is telephone."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]+", " ", "".join(char for char in bare if not unicodedata.combining(char))).strip()


def write(rows: Iterable[Sequence[str]], separator: str) -> bytes:
    """With a mark by which spreadsheets know UTF-8. A cell that one would run as a formula is made text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerows([[harmless(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def workbook(rows: Iterable[Sequence[str]]) -> bytes:
    """The first row is the header. Every cell is text, to the program that opens it and to whoever edits it."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.worksheets[0]
    widths: dict[int, int] = {}
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            assert isinstance(cell, Cell)  # noqa: S101 - nothing is merged
            _put(cell, value, header=number == 1)
            widths[column] = min(max(widths.get(column, 8), len(value) + 2), _WIDEST)
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _put(cell: "Cell", value: str, *, header: bool) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"  # whatever it looks like
    cell.number_format = "@"
    cell.quotePrefix = value.startswith(FORMULA)
    if header:
        cell.font = Font(bold=True)
    elif value.startswith(REMARK):
        cell.font = Font(italic=True, color="808080")


def harmless(cell: str) -> str:
    """Text that a spreadsheet would run as a formula stays text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell

"""A table in a file: CSV or XLSX in, CSV out. Knows nothing of payments; what stands in a cell is text, never run."""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openpyxl import load_workbook

from bot.errors import UserError

LARGEST_FILE = 2 * 1024 * 1024
_LARGEST_UNPACKED = 40 * 1024 * 1024
MOST_ROWS = 1000
_MOST_SEEN = 20_000
"""With empty ones: a sheet whose last row is a stray space far below is still read."""
_MOST_COLUMNS = 50
_LONGEST_CELL = 500

_SEPARATORS = ";\t,"
_XLSX = b"PK\x03\x04"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GUARDED = re.compile(r"^'(?=[=+\-@\t\r])")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is the row's in the sheet, as a spreadsheet counts."""

    number: int
    cells: list[str]


def read(content: bytes) -> list[Line]:
    """The rows that say something. Raises UserError: `sheet.too_large`, `sheet.unreadable`, `sheet.too_many`."""
    if len(content) > LARGEST_FILE:
        raise UserError("sheet.too_large", most=LARGEST_FILE // 1024 // 1024)
    rows = _xlsx(content) if content.startswith(_XLSX) else _csv(_text(content))
    lines = [Line(number, cells) for number, cells in enumerate(rows, 1) if any(cells)]
    if len(lines) > MOST_ROWS + 1:  # the names of the columns are no payment
        raise UserError("sheet.too_many", most=MOST_ROWS)
    return lines


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
            raise UserError("sheet.too_many", most=MOST_ROWS)
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
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell

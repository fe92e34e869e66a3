"""A receipt as a document of one page, for paper and for the accountant's folder."""

import io
from datetime import datetime
from typing import TYPE_CHECKING, cast

import segno

from bot.ui.receipt_image import drawable, font_file
from bot.ui.slip import Sheet

if TYPE_CHECKING:
    from fpdf import FPDF

_WIDE, _TALL, _EDGE = 148.0, 210.0, 16.0
"""A5, in millimetres."""
_INNER = _WIDE - 2 * _EDGE
_QR = 34.0
_FONT = "DejaVu"

_INK, _SOFT, _LINE = (20, 32, 43), (91, 107, 122), (213, 220, 228)
_GOOD, _BAD, _PAPER = (11, 122, 75), (179, 38, 30), (255, 255, 255)


def document(sheet: Sheet, url: str, language: str, now: datetime) -> bytes:
    """`url` is what its code to scan leads to."""
    from fpdf import FPDF

    pdf = FPDF("portrait", "mm", (_WIDE, _TALL))
    pdf.set_margins(_EDGE, _EDGE)
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    pdf.set_title(f"{sheet.heading} {sheet.code}")
    pdf.set_lang(language)
    pdf.set_creation_date(now)
    pdf.add_font(_FONT, "", font_file(bold=False))
    pdf.add_font(_FONT, "B", font_file(bold=True))
    pdf.add_page()
    _head(pdf, sheet)
    for label, value in sheet.rows:
        _row(pdf, label, drawable(value))
    _proof(pdf, sheet, url)
    return bytes(pdf.output())


def _head(pdf: "FPDF", sheet: Sheet) -> None:
    _lines(pdf, drawable(sheet.shop), 15, _INK, 7.5, most=2, bold=True)
    _lines(pdf, sheet.heading, 10, _SOFT, 7, most=1)
    size = 30.0
    pdf.set_font(_FONT, "B", size)
    while pdf.get_string_width(sheet.amount) > _INNER:
        size -= 1
        pdf.set_font(_FONT, "B", size)
    _lines(pdf, sheet.amount, size, _INK, 17, most=1, bold=True)
    pdf.set_font(_FONT, "B", 11)
    pdf.set_fill_color(*(_GOOD if sheet.good else _BAD))
    pdf.set_text_color(*_PAPER)
    for line in _split(pdf, _INNER - 8, sheet.stamp)[:2]:
        pdf.cell(pdf.get_string_width(line) + 8, 9, line, fill=True, align="C", new_x="LMARGIN", new_y="NEXT")
    _rule(pdf)


def _row(pdf: "FPDF", label: str, value: str) -> None:
    """The value at the right, beside its label; below it where it is long."""
    pdf.set_font(_FONT, "", 10.5)
    beside = pdf.get_string_width(value) + 6
    pdf.set_font(_FONT, "", 9.5)
    if beside + pdf.get_string_width(label) <= _INNER:
        pdf.set_text_color(*_SOFT)
        pdf.cell(_INNER - beside, 7.5, label)
        pdf.set_font(_FONT, "", 10.5)
        pdf.set_text_color(*_INK)
        pdf.cell(beside, 7.5, value, align="R", new_x="LMARGIN", new_y="NEXT")
        return
    _lines(pdf, label, 9.5, _SOFT, 5.5, most=1)
    _lines(pdf, value, 10.5, _INK, 5.5, most=4)
    pdf.ln(1.5)


def _proof(pdf: "FPDF", sheet: Sheet, url: str) -> None:
    _rule(pdf)
    top, left = pdf.get_y() + 1, _EDGE + _QR + 6
    picture = io.BytesIO()
    segno.make(url, error="m", micro=False).save(picture, kind="png", scale=10, border=0)
    pdf.image(picture, _EDGE, top, _QR, _QR, link=url, alt_text=sheet.how)
    pdf.set_left_margin(left)
    pdf.set_xy(left, top)
    _lines(pdf, sheet.code_label, 9, _SOFT, 6, most=1)
    _lines(pdf, sheet.code, 14, _INK, 9, most=1, bold=True)
    _lines(pdf, sheet.how, 8.5, _SOFT, 4.6, most=5)


def _lines(
    pdf: "FPDF", text: str, size: float, colour: tuple[int, int, int], tall: float, *, most: int, bold: bool = False
) -> None:
    pdf.set_font(_FONT, "B" if bold else "", size)
    pdf.set_text_color(*colour)
    lines = _split(pdf, 0, text)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][:-1] + "…"]
    for line in lines:
        pdf.cell(0, tall, line, new_x="LMARGIN", new_y="NEXT")


def _split(pdf: "FPDF", wide: float, text: str) -> list[str]:
    """As the font and the width break it."""
    return cast(list[str], pdf.multi_cell(wide, 1, text, dry_run=True, output="LINES", align="L"))


def _rule(pdf: "FPDF") -> None:
    y = pdf.get_y() + 4
    pdf.set_draw_color(*_LINE)
    pdf.set_dash_pattern(1, 1)
    pdf.line(_EDGE, y, _WIDE - _EDGE, y)
    pdf.set_y(y + 3)

"""A receipt as a picture, made for a phone's screen and for being forwarded."""

import io
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import segno

from bot.ui.slip import Sheet

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

WIDTH = 1080
_EDGE, _PAD = 36, 60
_INNER = WIDTH - 2 * (_EDGE + _PAD)
_QR = 300

_PAPER, _GROUND, _INK, _SOFT, _LINE = "#FFFFFF", "#E9EDF2", "#14202B", "#5B6B7A", "#D5DCE4"
_NO_SIGN = "\U0010ffff"
"""What no font has a shape for."""

_GOOD, _BAD = "#0B7A4B", "#B3261E"


def picture(sheet: Sheet, url: str) -> bytes:
    """A PNG. `url` is what its code to scan leads to."""
    from PIL import Image, ImageDraw

    height = _draw(None, sheet)
    image = Image.new("RGB", (WIDTH, height), _GROUND)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((_EDGE, _EDGE, WIDTH - _EDGE, height - _EDGE), 36, fill=_PAPER)
    _draw(draw, sheet)
    image.paste(_scannable(url), (_EDGE + _PAD, height - _EDGE - _PAD - _QR))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw(draw: "ImageDraw.ImageDraw | None", sheet: Sheet) -> int:
    """Draws, or only measures; the height of the whole picture."""
    left, y = _EDGE + _PAD, _EDGE + _PAD
    for line in _wrapped(sheet.shop, _font(46, bold=True), _INNER, most=2):
        y = _put(draw, left, y, line, _font(46, bold=True), _INK, 60)
    y = _put(draw, left, y, sheet.heading, _font(30), _SOFT, 66)
    amount = _fitting(sheet.amount, 96)
    y = _put(draw, left, y + 10, sheet.amount, amount, _INK, 130)
    y = _stamp(draw, left, y, sheet)
    y = _rule(draw, y + 30)
    for label, value in sheet.rows:
        y = _row(draw, left, y, label, value)
    y = _rule(draw, y + 14)
    _proof(draw, left + _QR + 36, y + 26, sheet)
    return y + 26 + _QR + _PAD + _EDGE


def _stamp(draw: "ImageDraw.ImageDraw | None", left: int, y: int, sheet: Sheet) -> int:
    font = _font(34, bold=True)
    lines = _wrapped(sheet.stamp, font, _INNER - 56, most=2)
    wide = max(font.getlength(line) for line in lines)
    tall = 46 * len(lines) + 26
    if draw:
        draw.rounded_rectangle((left, y, left + wide + 56, y + tall), 20, fill=_GOOD if sheet.good else _BAD)
        for number, line in enumerate(lines):
            draw.text((left + 28, y + 36 + 46 * number), line, font=font, fill=_PAPER, anchor="lm")
    return y + tall


def _row(draw: "ImageDraw.ImageDraw | None", left: int, y: int, label: str, value: str) -> int:
    """The value at the right, beside its label; below it where it is long."""
    small, plain = _font(29), _font(33)
    room = _INNER - small.getlength(label) - 40
    if plain.getlength(drawable(value)) <= room:
        if draw:
            draw.text((left, y + 30), label, font=small, fill=_SOFT, anchor="lm")
            draw.text((left + _INNER, y + 30), drawable(value), font=plain, fill=_INK, anchor="rm")
        return y + 64
    y = _put(draw, left, y + 8, label, small, _SOFT, 46)
    for line in _wrapped(value, plain, _INNER, most=4):
        y = _put(draw, left, y, line, plain, _INK, 48)
    return y + 10


def _proof(draw: "ImageDraw.ImageDraw | None", left: int, y: int, sheet: Sheet) -> None:
    room = WIDTH - _EDGE - _PAD - left
    y = _put(draw, left, y, sheet.code_label, _font(28), _SOFT, 48)
    y = _put(draw, left, y, sheet.code, _fitting(sheet.code, 50, room), _INK, 84)
    for line in _wrapped(sheet.how, _font(26), room, most=5):
        y = _put(draw, left, y, line, _font(26), _SOFT, 38)


def _rule(draw: "ImageDraw.ImageDraw | None", y: int) -> int:
    if draw:
        for x in range(_EDGE + _PAD, WIDTH - _EDGE - _PAD, 22):
            draw.line((x, y, x + 11, y), fill=_LINE, width=3)
    return y + 22


def _put(
    draw: "ImageDraw.ImageDraw | None",
    x: int,
    y: int,
    text: str,
    font: "ImageFont.FreeTypeFont",
    colour: str,
    tall: int,
) -> int:
    if draw:
        draw.text((x, y + tall / 2), drawable(text), font=font, fill=colour, anchor="lm")
    return y + tall


def _wrapped(text: str, font: "ImageFont.FreeTypeFont", room: float, *, most: int) -> list[str]:
    """Words stay whole where they fit; what is over after `most` lines is cut."""
    lines = [""]
    for word in drawable(text).split():
        for piece in _pieces(word, font, room):
            longer = f"{lines[-1]} {piece}".strip()
            if font.getlength(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(piece)
    kept = [line for line in lines if line][:most] or [""]
    if len(lines) > most:
        while kept[-1] and font.getlength(f"{kept[-1]}…") > room:
            kept[-1] = kept[-1][:-1]
        kept[-1] += "…"
    return kept


def _pieces(word: str, font: "ImageFont.FreeTypeFont", room: float) -> list[str]:
    pieces = [""]
    for sign in word:
        if font.getlength(pieces[-1] + sign) > room:
            pieces.append("")
        pieces[-1] += sign
    return pieces


def _fitting(text: str, size: int, room: float = _INNER) -> "ImageFont.FreeTypeFont":
    while size > 24 and _font(size, bold=True).getlength(text) > room:
        size -= 2
    return _font(size, bold=True)


def _scannable(url: str) -> "Image.Image":
    from PIL import Image

    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="png", scale=10, border=0)
    return Image.open(out).convert("RGB").resize((_QR, _QR), Image.Resampling.NEAREST)


def drawable(text: str) -> str:
    """Without the signs that the font has no shape for: empty boxes look like a forgery."""
    return " ".join("".join(sign if _has_shape(sign) else " " for sign in text).split())


@lru_cache(2000)
def _has_shape(sign: str) -> bool:
    return bytes(_font(20).getmask(sign)) != bytes(_font(20).getmask(_NO_SIGN))


@cache
def _font(size: int, *, bold: bool = False) -> "ImageFont.FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(font_file(bold=bold), size)


def font_file(*, bold: bool) -> Path:
    """DejaVu has every letter of the languages spoken here. It comes with matplotlib, which is not loaded for it."""
    found = find_spec("matplotlib")
    folder = Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else Path()
    return folder / "mpl-data" / "fonts" / "ttf" / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")

"""Pictures that a card carries."""

import io
from functools import cache

import segno

from bot.ui.receipt_image import font_file

_DOT = 8
"""Pixels: a phone scans it off another phone's screen."""


_SIDE = 392
_PAPER, _LINE, _GOOD, _FADED = "#FFFFFF", "#D5DCE4", "#0B7A4B", "#5B6B7A"


def scannable(url: str) -> bytes:
    """A PNG that a phone's camera reads as this address."""
    picture = io.BytesIO()
    segno.make(url, error="m", micro=False).save(picture, kind="png", scale=_DOT, border=4)
    return picture.getvalue()


@cache
def stamped(word: str, *, good: bool) -> bytes:
    """A PNG with one word on it, where there was something to scan."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (_SIDE, _SIDE), _PAPER)
    draw = ImageDraw.Draw(image)
    colour = _GOOD if good else _FADED
    draw.rounded_rectangle((24, 24, _SIDE - 24, _SIDE - 24), 28, outline=_LINE, width=4)
    size = 60
    while ImageFont.truetype(font_file(bold=True), size).getlength(word) > _SIDE - 96:
        size -= 2
    font = ImageFont.truetype(font_file(bold=True), size)
    draw.text((_SIDE / 2, _SIDE / 2), word, font=font, fill=colour, anchor="mm")
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()

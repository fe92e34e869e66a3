"""Pictures that a card carries."""

import io

import segno

_DOT = 8
"""Pixels: a phone scans it off another phone's screen."""


def scannable(url: str) -> bytes:
    """A PNG that a phone's camera reads as this address."""
    picture = io.BytesIO()
    segno.make(url, error="m", micro=False).save(picture, kind="png", scale=_DOT, border=4)
    return picture.getvalue()

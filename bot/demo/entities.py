"""Entities of a plain text. Offsets and lengths count UTF-16 units, as the Bot API does."""

import re
from collections.abc import Iterator

from bot.demo.people import Json

FOUND_IN_TEXT = (
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("url", re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[a-z]{2,}(?!\w)")),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z][A-Za-z0-9_]{3,31}(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w#])#\w*[^\W\d]\w*")),
)


def utf16_length(text: str) -> int:
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def utf16_slice(text: str, offset: int, length: int) -> str:
    units = text.encode("utf-16-le")
    return units[offset * 2 : (offset + length) * 2].decode("utf-16-le")


def entity(kind: str, text: str, start: int, end: int, **extra: str) -> Json:
    """`start` and `end` are Python indexes into `text`."""
    offset = utf16_length(text[:start])
    return {"type": kind, "offset": offset, "length": utf16_length(text[start:end]), **extra}


def found_in(text: str) -> list[Json]:
    """What Telegram marks by itself. Where two overlap the earlier one wins."""
    spans = sorted(_spans(text))
    kept: list[Json] = []
    reached = 0
    for start, end, kind in spans:
        if start >= reached:
            kept.append(entity(kind, text, start, end))
            reached = end
    return kept


def with_found(text: str, marked: list[Json]) -> list[Json]:
    """The entities that the bot gave, and those found in the rest of the text."""
    free = [found for found in found_in(text) if not any(_overlap(found, other) for other in marked)]
    return sorted(marked + free, key=lambda item: (item["offset"], -item["length"]))


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """White space around a text is dropped and entities move or shrink with it."""
    lead = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    size = utf16_length(text)
    moved = []
    for item in entities:
        start = max(item["offset"] - lead, 0)
        end = min(item["offset"] + item["length"] - lead, size)
        if end > start:
            moved.append(item | {"offset": start, "length": end - start})
    return text, moved


def _spans(text: str) -> Iterator[tuple[int, int, str]]:
    for kind, pattern in FOUND_IN_TEXT:
        for match in pattern.finditer(text):
            yield match.start(), match.end(), kind


def _overlap(one: Json, other: Json) -> bool:
    ends = one["offset"] + one["length"], other["offset"] + other["length"]
    return bool(one["offset"] < ends[1] and other["offset"] < ends[0])

"""Cuts a line into words as a grammar wants them: no accents, no capitals, each with its place. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_JOINED = re.compile(r"(?<=\d)[,;](?=[^\d\s])")
"""677777777,shoes"""
_CHUNK = re.compile(r"\S+")
_AROUND = "\"«»“”„‹›'‘’`´()[]{}<>*_~.,;:!?…=•-–—"
_PIECE = re.compile(r"[^\W\d_]+['’´`]?")
_APOSTROPHES = str.maketrans("’´`ʼ", "''''")


@dataclass(frozen=True, slots=True)
class Word:
    """`plain` is for comparing: "à" is "a", "N’envoie" is two words, "n'" and "envoie". `raw` is as it was written."""

    plain: str
    raw: str
    start: int
    end: int

    @property
    def counts(self) -> bool:
        """Whether it is written with digits."""
        return any(sign.isdigit() for sign in self.plain)


def clean(text: str) -> str:
    """The line that the words' places refer to."""
    return _JOINED.sub(" ", _INVISIBLE.sub("", text)).strip()


def split(text: str) -> list[Word]:
    """Of a `clean` text. What has digits stays whole ("677-12-34-56", "5k"); "peux-tu" and "l'argent" are two."""
    words = []
    for chunk in _CHUNK.finditer(text):
        start, end = _inner(text, chunk.start(), chunk.end())
        if any(sign.isdigit() for sign in text[start:end]):
            words.append(_word(text, start, end))
        else:
            words += [_word(text, start + one.start(), start + one.end()) for one in _PIECE.finditer(text[start:end])]
    return words


def plain(text: str) -> str:
    """One spelling for all: no capitals, no accents, straight apostrophes."""
    bare = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    return "".join(sign for sign in bare if not unicodedata.combining(sign))


def _inner(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _AROUND:
        start += 1
    while start < end and text[end - 1] in _AROUND:
        end -= 1
    return start, end


def _word(text: str, start: int, end: int) -> Word:
    return Word(plain(text[start:end]), text[start:end], start, end)


def follows(said: Sequence[Word], at: int, among: frozenset[str]) -> bool:
    return at < len(said) and said[at].plain in among


def past(said: Sequence[Word], at: int, among: frozenset[str]) -> int:
    """Where what is among them ends."""
    while follows(said, at, among):
        at += 1
    return at

"""Reads countries as people write them: CM, CMR, Cameroun, Cameroon. Pure."""

import re
import unicodedata
from collections.abc import Collection
from functools import cache

from babel import Locale
from babel.core import get_global

from bot.texts import LANGUAGES

_LONGEST_NAME = 4
_BETWEEN = {"de", "du", "des", "from", "vers", "a", "au", "en", "to", "into", "depuis", "et", "and"}


def place_named(text: str, among: Collection[str]) -> str:
    """ISO 3166 alpha-2; empty for what is none of them."""
    digits = any(sign.isdigit() for sign in text)
    return "" if digits else _names(frozenset(among)).get(_plain(text), "")


def split_places(text: str, among: Collection[str]) -> tuple[list[str], str]:
    """The countries that a line begins with, two at most, and what follows them."""
    words, found = text.split(), list[str]()
    while words and len(found) < 2:
        if _plain(words[0]) in _BETWEEN or not any(sign.isalnum() for sign in words[0]):
            words = words[1:]
            continue
        for end in range(min(_LONGEST_NAME, len(words)), 0, -1):
            if place := place_named(" ".join(words[:end]), among):
                found.append(place)
                words = words[end:]
                break
        else:
            break
    return found, " ".join(words)


@cache
def _names(among: frozenset[str]) -> dict[str, str]:
    names = {_plain(code): code for code in among}
    names |= {
        _plain(alias): places[0]
        for alias, places in get_global("territory_aliases").items()
        if len(alias) == 3 and alias.isalpha() and places[0] in among
    }
    for language in LANGUAGES:
        territories = Locale.parse(language).territories
        names |= {_plain(territories[code]): code for code in among if code in territories}
    return names


def _plain(text: str) -> str:
    """ "Côte d’Ivoire" and "cote d'ivoire" are one."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return re.sub(r"[^a-z]", "", bare)

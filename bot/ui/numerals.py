"""Numbers in words, French and English: "cinq mille", "5 mille 500", "two thousand five hundred". Pure."""

import re
from collections.abc import Sequence

_SMALL = {
    name: number
    for number, names in {
        0: "zero",
        1: "un une one",
        2: "deux two",
        3: "trois three",
        4: "quatre four",
        5: "cinq five",
        6: "six",
        7: "sept seven",
        8: "huit eight",
        9: "neuf nine",
        10: "dix ten",
        11: "onze eleven",
        12: "douze twelve",
        13: "treize thirteen",
        14: "quatorze fourteen",
        15: "quinze fifteen",
        16: "seize sixteen",
        17: "seventeen",
        18: "eighteen",
        19: "nineteen",
        20: "vingt vingts twenty",
        30: "trente thirty",
        40: "quarante forty",
        50: "cinquante fifty",
        60: "soixante sixty",
        70: "septante seventy",
        80: "huitante eighty",
        90: "nonante ninety",
    }.items()
    for name in names.split()
}
_HUNDRED = {"cent", "cents", "hundred"}
_THOUSAND = {"mille", "mil", "milles", "thousand", "k"}
_MILLION = {"million", "millions"}
_AND = {"et", "and"}
_DIGITS = re.compile(r"\d{1,3}")
_FOUR = 4

NAMES = frozenset(_SMALL) | _HUNDRED | _THOUSAND | _MILLION
"""Words that can stand in a number."""

BIG = _HUNDRED | _MILLION | (_THOUSAND - {"k"})
"""Without one of them a number in words is too small to be an amount."""

JOINS = frozenset(_AND)
"""Words that can stand between two of them."""


def readings(words: Sequence[str]) -> list[int]:
    """What it can mean: nothing, one number, or several, the likelier first ("mille cinq" is 1 500 at a market)."""
    whole = thousands = current = 0
    used_thousand = False
    for word in words:
        if word in _AND:
            continue
        if word in _MILLION:
            whole, current = whole + (current or 1) * 1_000_000, 0
        elif word in _THOUSAND:
            if used_thousand:
                return []
            thousands, current, used_thousand = (current or 1) * 1000, 0, True
        elif (grown := _grown(current, word)) is None:
            return []
        else:
            current = grown
    number = whole + thousands + current
    if used_thousand and 0 < current < 10 and _last_is_small(words):
        return [number - current + current * 100, number]
    return [number] if number else []


def _grown(current: int, word: str) -> int | None:
    """The part below a thousand with one more word; None where that is no number."""
    if word in _HUNDRED:
        return (current or 1) * 100 if current < 10 else None
    if _DIGITS.fullmatch(word):
        return int(word) if current == 0 else None
    small, rest = _SMALL.get(word), current % 100
    if small is None:
        return None
    if small == 20 and rest == _FOUR:  # quatre-vingt
        return current + 76
    fits = (
        rest == 0
        or (rest >= 20 and rest % 10 == 0 and small < 10)
        or (rest in {60, 80} and small < 20)
        or (rest in {10, 70, 90} and 7 <= small <= 9)  # dix-sept, and soixante-dix-sept
    )
    return current + small if fits else None


def _last_is_small(words: Sequence[str]) -> bool:
    return words[-1] in _SMALL or bool(_DIGITS.fullmatch(words[-1]))

"""Numbers in a line said without a slash: where a run of them ends, and which amounts or phone it can be. Pure."""

from collections.abc import Sequence

from bot.errors import UserError
from bot.payments.amounts import MOST, parse_amount
from bot.payments.phone import Phone, parse_phone
from bot.ui import lexicon, numerals, phrases
from bot.ui.meaning import Place, Talk
from bot.ui.parse import parse_wish
from bot.ui.words import Word, follows
from providers.money import Money


def number_end(said: Sequence[Word], at: int) -> int:
    """Where a run of numbers ends: digits, numbers in words, and "F" or "francs" behind them."""
    end = at
    while end < len(said) and _is_number(said, end, at):
        end += 1
    run = [word.plain for word in said[at:end]]
    spelled = any(one in numerals.BIG or one in lexicon.FRANCS for one in run)
    return end if spelled or any(word.counts for word in said[at:end]) else at


def _is_number(said: Sequence[Word], at: int, start: int) -> bool:
    word = said[at]
    if word.counts:
        return not phrases.is_reference(word)
    if word.plain in numerals.JOINS:
        return at > start and said[at - 1].plain in numerals.NAMES and follows(said, at + 1, numerals.NAMES)
    return word.plain in numerals.NAMES or (at > start and word.plain in lexicon.FRANCS)


def figures(run: Sequence[Word], place: Place) -> tuple[tuple[Money, ...], Phone | None]:
    """The amounts that a run can mean, or its phone, or both. Raises Talk, and UserError as parse_wish does."""
    text = " ".join(word.raw for word in run)
    if phone := phone_of(text, place):
        return (), phone
    if amounts := _amounts(run, place):
        return amounts, None
    spelled = _spelled_out([word.plain for word in run])
    if spelled is None:
        raise Talk
    wish = parse_wish(spelled, place.country, place.currency)
    if wish.description:
        raise Talk
    return ((wish.amount,) if wish.amount else ()), wish.phone


def phone_of(text: str, place: Place) -> Phone | None:
    """None where it is none that can be reached."""
    try:
        return parse_phone(text, place.country)
    except UserError:
        return None


def _amounts(run: Sequence[Word], place: Place) -> tuple[Money, ...]:
    """All that it can mean."""
    plain = [word.plain for word in run]
    while plain and plain[-1] in lexicon.FRANCS:
        plain.pop()
    if any(one in numerals.NAMES - {"k"} for one in plain):
        found = numerals.readings(plain)
        return tuple(_francs(number, place) for number in found if number <= MOST)
    try:
        return (parse_amount(" ".join(plain), place.currency),)
    except UserError:
        return ()


def _francs(number: int, place: Place) -> Money:
    return parse_amount(str(number), place.currency)


def _spelled_out(plain: list[str]) -> str | None:
    """Numbers in words become digits, so that amount and phone can be told apart: "cinq mille 677…"."""
    out, at = list[str](), 0
    while at < len(plain):
        end = at
        while end < len(plain) and (plain[end] in numerals.NAMES - {"k"} or (end == at and len(plain[end]) <= 3)):
            end += 1
        named = plain[at:end]
        if any(one in numerals.BIG for one in named):
            found = numerals.readings(named)
            if len(found) != 1:
                return None
            out, at = [*out, str(found[0])], end
        else:
            out, at = [*out, plain[at]], at + 1
    return " ".join(one for one in out if one not in lexicon.FRANCS - {"f", "fcfa", "cfa"})

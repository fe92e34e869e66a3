"""Understands a line said without a slash: which command is meant, with what, and how surely. Rules only. Pure.

An order begins with its verb, behind courtesy at most. Everything else is talk, and talk moves nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from bot.errors import UserError
from bot.payments.amounts import MOST, parse_amount
from bot.payments.phone import Phone, parse_phone
from bot.ui import lexicon, numerals, phrases, words
from bot.ui.lexicon import AIRTIME, LINK, PAYOUT, REQUEST
from bot.ui.meaning import Meaning, Place, Said
from bot.ui.parse import parse_wish
from bot.ui.words import Word
from providers.money import Money

_LONGEST = 300
_QUOTES = '"«“„>'
_MOST_NAME = 3
_WORTH_SAYING = {"phone.invalid", "phone.landline", "amount.two_ways"}
"""What is wrong with an order's number; anything else that can't be read is talk."""
_FEWEST_PHONE_DIGITS = 6
_FEWEST = 50
"""A smaller number before a word counts things, not francs."""
_FOREIGN_SIGNS = frozenset("$€£₦")
_DONE = ("é", "ée")
"""How a French verb ends that tells: « envoyé 5000 »."""

_SAID_AGAIN: Mapping[str, frozenset[str]] = {
    AIRTIME: lexicon.OF_AIRTIME,
    LINK: lexicon.OF_LINKS,
    REQUEST: lexicon.PAYING | lexicon.OF_REQUESTS,
}


@dataclass(slots=True)
class _Order:
    """What an order's words hold, as far as they are read."""

    command: str
    amounts: tuple[Money, ...] = ()
    phone: Phone | None = None
    name: list[Word] | None = None
    between: list[Word] | None = None
    description: str = ""
    about: list[Word] | None = None
    doubtful: bool = False
    backwards: bool = False


class _Talk(Exception):
    """It is none of ours."""


def understand(text: str, place: Place) -> Meaning | None:
    """None is talk. Raises UserError for an order whose number or amount can't be read."""
    line = words.clean(text)
    if not line or len(line) > _LONGEST:
        return None
    said = words.split(line)
    if found := phrases.asked(said, place):
        return found
    if line[0] in _QUOTES or phrases.is_sms(said) or _FOREIGN_SIGNS & set(line):
        return None
    try:
        return _order(line, said, place) or _bare(line, said, place)
    except _Talk:
        return None
    except UserError as error:
        if error.key in _WORTH_SAYING and _verb_at(said, _after_lead(said)[0]):
            raise
        return None


def _order(line: str, said: list[Word], place: Place) -> Meaning | None:
    start, weak, asking = _after_lead(said)
    found = _verb_at(said, start)
    if found is None:
        return None
    command, size, weak_verb = found
    verb = said[start : start + size]
    if verb[-1].raw.casefold().rstrip("s").endswith(_DONE):
        return None  # "envoyé 5000" tells, "envoie 5000" asks
    command = _of_nouns(command, said[start:])
    order = _read(line, said, start + size, _Order(command), place)
    if command == REQUEST and found[0] == PAYOUT and not order.amounts:
        return None  # "envoie la facture à Paul" is a paper
    order.backwards &= not _wages(order)  # "paie le salaire de 677…"
    order.doubtful |= weak or weak_verb or ("?" in line and not asking) or order.backwards
    return _meant(order, verb[0].plain in lexicon.NOUN_VERBS)


def _after_lead(said: Sequence[Word]) -> tuple[int, bool, bool]:
    """Where the verb should be; whether what led there was weak, or a polite question."""
    at, weak, asking = 0, False, False
    while at < len(said):
        if _verb_at(said, at) and not _longer_lead(said, at):
            break
        if size := max(phrases.size_at(said, at, known) for known in (lexicon.POLITE, lexicon.LEADS)):
            at += size
        elif size := phrases.size_at(said, at, lexicon.ASKING_LEADS):
            at, asking = at + size, True
        elif size := phrases.size_at(said, at, lexicon.WEAK_LEADS):
            at, weak = at + size, True
        else:
            break
    return at, weak, asking


def _longer_lead(said: Sequence[Word], at: int) -> bool:
    """ "envoie-moi un lien" leads to its link."""
    size = phrases.size_at(said, at, lexicon.LEADS)
    found = _verb_at(said, at + size) if size else None
    return bool(found and found[0] == LINK)


def _verb_at(said: Sequence[Word], at: int) -> tuple[str, int, bool] | None:
    for verbs, weak in ((lexicon.VERBS, False), (lexicon.WEAK_VERBS, True)):
        for size in (4, 3, 2, 1):
            if command := verbs.get(tuple(word.plain for word in said[at : at + size])):
                return command, min(size, len(said) - at), weak
    return (AIRTIME, 1, False) if _gets_airtime(said, at) else None


def _gets_airtime(said: Sequence[Word], at: int) -> bool:
    """ "achète 500 de crédit pour 677…", and not "achète à crédit"."""
    if not _follows(said, at, lexicon.GETTING):
        return False
    behind = [word.plain for word in said[at:]]
    return any(one in lexicon.OF_AIRTIME and before not in lexicon.ON_CREDIT for before, one in pairwise(behind))


def _of_nouns(command: str, rest: Sequence[Word]) -> str:
    """ "envoie 500 de crédit au 690…" is airtime, "envoie un lien de 500" a link, "envoie une facture de 500" asks.

    Raises _Talk for a reminder: what was asked already must not be asked as something new.
    """
    first = [word.plain for word in takewhile(lambda word: not word.counts, rest[1:])]
    if rest[0].plain in lexicon.SENDING and any(one in lexicon.REMINDERS for one in first):
        raise _Talk
    if command == PAYOUT and rest[0].plain in lexicon.SENDING and any(one in lexicon.OF_REQUESTS for one in first):
        return REQUEST
    named = [word.plain for word in rest[1:]]
    named = named[: next((at for at, one in enumerate(named) if one in lexicon.ABOUT), len(named))]
    if command == PAYOUT and any(one in lexicon.OF_AIRTIME for one in named):
        return AIRTIME
    return LINK if any(one in lexicon.OF_LINKS for one in named) else command


def _read(line: str, said: list[Word], at: int, order: _Order, place: Place) -> _Order:
    towards = ""
    while at < len(said):
        word = said[at]
        end = _number_end(said, at)
        if order.amounts and (order.phone or order.command == LINK):
            return _described(line, said, at, order)
        if end > at:
            known = order.phone
            _number(said[at:end], order, place)
            order.backwards |= (
                towards in lexicon.FROM and order.command in {PAYOUT, AIRTIME} and order.phone is not known
            )
            at, towards = end, ""
        elif size := phrases.size_at(said, at, lexicon.POLITE):
            at += size
        elif word.plain in lexicon.ABOUT:
            start = _past(said, at + 1, lexicon.BESIDE | lexicon.THINGS)
            if not _wants(order, said[start : _number_end(said, start)], place):
                return _about(line, said, at, order, place)
            at = start
        elif word.plain in (lexicon.NEVER | lexicon.FOREIGN) - {place.currency.lower()} or phrases.size_at(
            said, at, lexicon.CONDITION_PHRASES
        ):
            raise _Talk
        elif word.plain in lexicon.TOWARDS | lexicon.FROM:
            at, towards = at + 1, word.plain
        elif word.plain in _SAID_AGAIN.get(order.command, ()):
            at, towards = at + 1, ""
        elif word.plain in lexicon.ME:
            order.doubtful, at = True, at + 1
        elif word.plain in lexicon.PRONOUNS | lexicon.BESIDE | lexicon.THINGS:
            at += 1
        else:
            at = _names(said, at, order, towards)
            towards = ""
    return order


def _past(said: Sequence[Word], at: int, among: frozenset[str]) -> int:
    while _follows(said, at, among):
        at += 1
    return at


def _names(said: list[Word], at: int, order: _Order, towards: str) -> int:
    """A run of words that are none of the grammar's: behind "à" a name, elsewhere whatever it turns out to be."""
    end = at
    while end < len(said) and _number_end(said, end) == end and not _known(said, end):
        end += 1
    run = said[at:end]
    # "envoie 100 beignets à 677…" may count them.
    counted = order.amounts and not order.phone and at and said[at - 1].counts and order.command != LINK
    order.doubtful |= bool(counted) and not all(word.plain in lexicon.PAY for word in run)
    if towards in lexicon.TOWARDS | lexicon.FROM and order.name is None and not order.phone:
        order.name = run
    elif order.between is None:
        order.between = run
    else:
        order.doubtful = True
        order.between = order.between + run
    return end


def _known(said: Sequence[Word], at: int) -> bool:
    known = (
        lexicon.ABOUT
        | lexicon.NEVER
        | lexicon.FOREIGN
        | lexicon.TOWARDS
        | lexicon.FROM
        | lexicon.PRONOUNS
        | lexicon.BESIDE
        | lexicon.THINGS
    )
    return said[at].plain in known or bool(phrases.size_at(said, at, lexicon.POLITE))


def _number_end(said: Sequence[Word], at: int) -> int:
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
        return at > start and said[at - 1].plain in numerals.NAMES and _follows(said, at + 1, numerals.NAMES)
    return word.plain in numerals.NAMES or (at > start and word.plain in lexicon.FRANCS)


def _follows(said: Sequence[Word], at: int, among: frozenset[str]) -> bool:
    return at < len(said) and said[at].plain in among


def _number(run: Sequence[Word], order: _Order, place: Place) -> None:
    """Takes an amount, a phone or both out of a run. Raises UserError where a phone is meant and is none."""
    if order.amounts and sum(len(word.plain) for word in run) >= _FEWEST_PHONE_DIGITS:
        parse_phone(" ".join(word.raw for word in run), place.country)  # a phone is meant: its fault is told
    amounts, phone = _figures(run, place)
    if (amounts and order.amounts) or (phone and order.phone) or not (amounts or phone):
        raise _Talk
    order.amounts = order.amounts or amounts
    order.phone = order.phone or phone


def _figures(run: Sequence[Word], place: Place) -> tuple[tuple[Money, ...], Phone | None]:
    text = " ".join(word.raw for word in run)
    if phone := _phone(text, place):
        return (), phone
    if amounts := _amounts(run, place):
        return amounts, None
    spelled = _spelled_out([word.plain for word in run])
    if spelled is None:
        raise _Talk
    wish = parse_wish(spelled, place.country, place.currency)
    if wish.description:
        raise _Talk
    return ((wish.amount,) if wish.amount else ()), wish.phone


def _phone(text: str, place: Place) -> Phone | None:
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


def _wants(order: _Order, run: Sequence[Word], place: Place) -> bool:
    """ "for 677…" is a number as long as none is known; "for 5000" is an amount as long as none is."""
    if not run:
        return False
    try:
        amounts, phone = _figures(run, place)
    except (_Talk, UserError):
        return False
    return bool((phone and not order.phone) or (amounts and not order.amounts))


def _about(line: str, said: list[Word], at: int, order: _Order, place: Place) -> _Order:
    """A description, with perhaps the number behind it: "demande 5000 pour la livraison au 677…"."""
    if not order.phone and order.name is None:
        for step in range(at + 1, len(said) - 1):
            end = _number_end(said, step + 1)
            if said[step].plain not in lexicon.TOWARDS | lexicon.FROM or end < len(said):
                continue
            if phone := _phone(" ".join(word.raw for word in said[step + 1 : end]), place):
                order.phone = phone
                return _described(line, said[:step], at, order)
    return _described(line, said, at, order)


def _described(line: str, said: list[Word], at: int, order: _Order) -> _Order:
    rest = said[at:]
    while rest and (size := phrases.size_at_end(rest, lexicon.POLITE)):
        rest = rest[:-size]
    order.about = rest
    order.description = _tidy(line, rest)
    return order


def _tidy(line: str, about: Sequence[Word]) -> str:
    """As it was written, without "pour la" before it."""
    while about and (about[0].plain in lexicon.ABOUT | lexicon.ARTICLES | {"de", "d'", "of"}):
        about = about[1:]
    return " ".join(line[about[0].start : about[-1].end].split()) if about else ""


def _meant(order: _Order, is_noun: bool) -> Meaning | None:
    about = order.about or []
    if _conditional(about) or _another_number(about) or (about and about[0].plain in lexicon.FOREIGN):
        return None
    order.doubtful |= any(word.plain in lexicon.NEVER for word in about)
    if not order.amounts:
        return _without_amount(order, is_noun)
    if order.between and (is_noun or (not order.phone and order.amounts[0].decimal < _FEWEST)):
        return None  # "envoie 3 photos"
    description = order.description or _joined(order.between)
    order.doubtful |= bool(order.description and order.between and (order.phone or order.name))
    order.doubtful |= len(order.name or ()) > _MOST_NAME or (order.command == LINK and order.phone is not None)
    if order.name and any(word.plain in numerals.JOINS for word in order.name):
        return None
    name = _joined(order.name) if not order.phone else ""
    if order.between and not order.phone and not order.name and not _wages(order):
        name, description = description if not order.description else _joined(order.between), order.description
    if order.name and order.phone:
        description = description or _joined(order.name)
    choices = [Said(order.command, amount, order.phone, name, description) for amount in order.amounts]
    if order.backwards:
        choices += [replace(one, command=REQUEST) for one in choices]
    return Meaning(tuple(choices), sure=not order.doubtful and len(choices) == 1)


def _without_amount(order: _Order, is_noun: bool) -> Meaning | None:
    between, name = order.between or [], _joined(order.name)
    wages = _wages(order)
    if between and not wages:
        return None
    said = Said(order.command, None, order.phone, "" if order.phone else name, order.description or _joined(between))
    if name and not order.phone:
        alone = len(order.name or ()) <= _MOST_NAME and order.command in {PAYOUT, REQUEST, AIRTIME}
        return Meaning((said,), sure=False) if alone and (wages or not order.about) else None
    if wages and not order.phone:
        return None
    if order.phone is None and order.about:
        return None
    if is_noun and order.phone is None:
        return Meaning((said, Said(LINK)), sure=False) if order.command == REQUEST and not order.doubtful else None
    return Meaning((said,), sure=not order.doubtful)


def _wages(order: _Order) -> bool:
    return bool(order.between) and all(word.plain in lexicon.PAY for word in order.between or ())


def _conditional(about: Sequence[Word]) -> bool:
    return any(
        word.plain in lexicon.CONDITIONS or phrases.size_at(about, at, lexicon.CONDITION_PHRASES)
        for at, word in enumerate(about)
    )


def _another_number(about: Sequence[Word]) -> bool:
    return any(sum(sign.isdigit() for sign in word.plain) >= _FEWEST_PHONE_DIGITS for word in about)


def _joined(run: Sequence[Word] | None) -> str:
    return " ".join(word.raw for word in run or ())


def _bare(line: str, said: list[Word], place: Place) -> Meaning | None:
    """A number, an amount or both without a verb: what to do with them is asked."""
    end = _number_end(said, 0)
    if not end:
        return None
    order = _Order(REQUEST)
    _number(said[:end], order, place)
    at = end
    while at < len(said) and said[at].plain in {"a", "au", "to", "le"}:
        at += 1
    if at < len(said) and (end := _number_end(said, at)) > at:
        _number(said[at:end], order, place)
        at = end
    rest = said[at:]
    if (
        any(word.plain in lexicon.NEVER | lexicon.FOREIGN for word in rest)
        or _another_number(rest)
        or len(rest) > _MOST_NAME
    ):
        return None
    if rest and not (order.amounts and order.phone):
        return None
    return Meaning(tuple(_ways(order, _tidy(line, rest))), sure=False)


def _ways(order: _Order, description: str) -> list[Said]:
    commands = [REQUEST, PAYOUT] if order.phone else [REQUEST, LINK]
    said = [
        Said(command, amount, order.phone, "", description)
        for amount in order.amounts or (None,)
        for command in commands
    ]
    return said if order.amounts else [*said, Said("who", phone=order.phone)]

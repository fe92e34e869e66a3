"""Understands a line said without a slash: which command is meant, with what, and how surely. Rules only. Pure.

An order begins with its verb, behind courtesy at most. Everything else is talk, and talk moves nothing.
"""

from collections.abc import Mapping, Sequence

from bot.errors import UserError
from bot.payments.phone import parse_phone
from bot.ui import lexicon, phrases, words
from bot.ui.lexicon import AIRTIME, LINK, PAYOUT, REQUEST
from bot.ui.meaning import Meaning, Place, Said, Talk
from bot.ui.order import FEWEST_PHONE_DIGITS, MOST_NAME, Order, another_number, meant
from bot.ui.quantities import figures, number_end, phone_of
from bot.ui.verbs import after_lead, of_nouns, verb_at
from bot.ui.words import Word, past

_LONGEST = 300
_QUOTES = '"«“„>'
_WORTH_SAYING = {"phone.invalid", "phone.landline", "amount.two_ways"}
"""What is wrong with an order's number; anything else that can't be read is talk."""
_FOREIGN_SIGNS = frozenset("$€£₦")
_DONE = ("é", "ée")
"""How a French verb ends that tells: « envoyé 5000 »."""
_SAID_AGAIN: Mapping[str, frozenset[str]] = {
    AIRTIME: lexicon.OF_AIRTIME,
    LINK: lexicon.OF_LINKS,
    REQUEST: lexicon.PAYING | lexicon.OF_REQUESTS,
}


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
    except Talk:
        return None
    except UserError as error:
        if error.key in _WORTH_SAYING and verb_at(said, after_lead(said)[0]):
            raise
        return None


def _order(line: str, said: list[Word], place: Place) -> Meaning | None:
    start, weak, asking = after_lead(said)
    found = verb_at(said, start)
    if found is None:
        return None
    command, size, weak_verb = found
    verb = said[start : start + size]
    if verb[-1].raw.casefold().rstrip("s").endswith(_DONE):
        return None  # "envoyé 5000" tells, "envoie 5000" asks
    command = of_nouns(command, said[start:])
    order = _read(line, said, start + size, Order(command), place)
    if command == REQUEST and found[0] == PAYOUT and not order.amounts:
        return None  # "envoie la facture à Paul" is a paper
    order.backwards &= not order.is_wages  # "paie le salaire de 677…"
    order.doubtful |= weak or weak_verb or ("?" in line and not asking) or order.backwards
    return meant(order, verb[0].plain in lexicon.NOUN_VERBS)


def _read(line: str, said: list[Word], at: int, order: Order, place: Place) -> Order:
    towards = ""
    while at < len(said):
        word = said[at]
        end = number_end(said, at)
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
            start = past(said, at + 1, lexicon.BESIDE | lexicon.THINGS)
            if not _wants(order, said[start : number_end(said, start)], place):
                return _about(line, said, at, order, place)
            at = start
        elif word.plain in (lexicon.NEVER | lexicon.FOREIGN) - {place.currency.lower()} or phrases.size_at(
            said, at, lexicon.CONDITION_PHRASES
        ):
            raise Talk
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


def _names(said: list[Word], at: int, order: Order, towards: str) -> int:
    """A run of words that are none of the grammar's: behind "à" a name, elsewhere whatever it turns out to be."""
    end = at
    while end < len(said) and number_end(said, end) == end and not _known(said, end):
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


def _number(run: Sequence[Word], order: Order, place: Place) -> None:
    """Takes an amount, a phone or both out of a run. Raises UserError where a phone is meant and is none."""
    if order.amounts and sum(len(word.plain) for word in run) >= FEWEST_PHONE_DIGITS:
        parse_phone(" ".join(word.raw for word in run), place.country)  # a phone is meant: its fault is told
    amounts, phone = figures(run, place)
    if (amounts and order.amounts) or (phone and order.phone) or not (amounts or phone):
        raise Talk
    order.amounts = order.amounts or amounts
    order.phone = order.phone or phone


def _wants(order: Order, run: Sequence[Word], place: Place) -> bool:
    """ "for 677…" is a number as long as none is known; "for 5000" is an amount as long as none is."""
    if not run:
        return False
    try:
        amounts, phone = figures(run, place)
    except (Talk, UserError):
        return False
    return bool((phone and not order.phone) or (amounts and not order.amounts))


def _about(line: str, said: list[Word], at: int, order: Order, place: Place) -> Order:
    """A description, with perhaps the number behind it: "demande 5000 pour la livraison au 677…"."""
    if not order.phone and order.name is None:
        for step in range(at + 1, len(said) - 1):
            end = number_end(said, step + 1)
            if said[step].plain not in lexicon.TOWARDS | lexicon.FROM or end < len(said):
                continue
            if phone := phone_of(" ".join(word.raw for word in said[step + 1 : end]), place):
                order.phone = phone
                return _described(line, said[:step], at, order)
    return _described(line, said, at, order)


def _described(line: str, said: list[Word], at: int, order: Order) -> Order:
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


def _bare(line: str, said: list[Word], place: Place) -> Meaning | None:
    """A number, an amount or both without a verb: what to do with them is asked."""
    end = number_end(said, 0)
    if not end:
        return None
    order = Order(REQUEST)
    _number(said[:end], order, place)
    at = end
    while at < len(said) and said[at].plain in {"a", "au", "to", "le"}:
        at += 1
    if at < len(said) and (end := number_end(said, at)) > at:
        _number(said[at:end], order, place)
        at = end
    rest = said[at:]
    if (
        any(word.plain in lexicon.NEVER | lexicon.FOREIGN for word in rest)
        or another_number(rest)
        or len(rest) > MOST_NAME
    ):
        return None
    if rest and not (order.amounts and order.phone):
        return None
    return Meaning(tuple(_ways(order, _tidy(line, rest))), sure=False)


def _ways(order: Order, description: str) -> list[Said]:
    commands = [REQUEST, PAYOUT] if order.phone else [REQUEST, LINK]
    said = [
        Said(command, amount, order.phone, "", description)
        for amount in order.amounts or (None,)
        for command in commands
    ]
    return said if order.amounts else [*said, Said("who", phone=order.phone)]

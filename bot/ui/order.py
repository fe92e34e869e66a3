"""What an order's words hold, and what they mean together: one thing surely, several to choose from, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.payments.phone import Phone
from bot.ui import lexicon, numerals, phrases
from bot.ui.lexicon import AIRTIME, LINK, PAYOUT, REQUEST
from bot.ui.meaning import Meaning, Said
from bot.ui.words import Word
from providers.money import Money

MOST_NAME = 3
FEWEST_PHONE_DIGITS = 6
_FEWEST = 50
"""A smaller number before a word counts things, not francs."""


@dataclass(slots=True)
class Order:
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
    """Money is to leave "from" somebody: perhaps it is to be asked for."""

    @property
    def is_wages(self) -> bool:
        """ "paie le salaire de Paul"."""
        return bool(self.between) and all(word.plain in lexicon.PAY for word in self.between or ())


def meant(order: Order, is_noun: bool) -> Meaning | None:
    """None is talk. `is_noun`: the order begins with a thing ("facture"), not with a verb."""
    about = order.about or []
    if _conditional(about) or another_number(about) or (about and about[0].plain in lexicon.FOREIGN):
        return None
    order.doubtful |= any(word.plain in lexicon.NEVER for word in about)
    if not order.amounts:
        return _without_amount(order, is_noun)
    if order.between and (is_noun or (not order.phone and order.amounts[0].decimal < _FEWEST)):
        return None  # "envoie 3 photos"
    description = order.description or joined(order.between)
    order.doubtful |= bool(order.description and order.between and (order.phone or order.name))
    order.doubtful |= len(order.name or ()) > MOST_NAME or (order.command == LINK and order.phone is not None)
    if order.name and any(word.plain in numerals.JOINS for word in order.name):
        return None
    name = joined(order.name) if not order.phone else ""
    if order.between and not order.phone and not order.name and not order.is_wages:
        name, description = description if not order.description else joined(order.between), order.description
    if order.name and order.phone:
        description = description or joined(order.name)
    choices = [Said(order.command, amount, order.phone, name, description) for amount in order.amounts]
    if order.backwards:
        choices += [replace(one, command=REQUEST) for one in choices]
    return Meaning(tuple(choices), sure=not order.doubtful and len(choices) == 1)


def _without_amount(order: Order, is_noun: bool) -> Meaning | None:
    between, name = order.between or [], joined(order.name)
    wages = order.is_wages
    if between and not wages:
        return None
    said = Said(order.command, None, order.phone, "" if order.phone else name, order.description or joined(between))
    if name and not order.phone:
        alone = len(order.name or ()) <= MOST_NAME and order.command in {PAYOUT, REQUEST, AIRTIME}
        return Meaning((said,), sure=False) if alone and (wages or not order.about) else None
    if wages and not order.phone:
        return None
    if order.phone is None and order.about:
        return None
    if is_noun and order.phone is None:
        return Meaning((said, Said(LINK)), sure=False) if order.command == REQUEST and not order.doubtful else None
    return Meaning((said,), sure=not order.doubtful)


def _conditional(about: Sequence[Word]) -> bool:
    return any(
        word.plain in lexicon.CONDITIONS or phrases.size_at(about, at, lexicon.CONDITION_PHRASES)
        for at, word in enumerate(about)
    )


def another_number(about: Sequence[Word]) -> bool:
    return any(sum(sign.isdigit() for sign in word.plain) >= FEWEST_PHONE_DIGITS for word in about)


def joined(run: Sequence[Word] | None) -> str:
    return " ".join(word.raw for word in run or ())

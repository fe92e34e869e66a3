"""/balance: what each account holds, and which one can't tell. Many lines are folded until they are asked for."""

from collections import defaultdict
from collections.abc import Sequence

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.commands.base import Command, Tap
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.questions import Answer
from bot.texts import Voice
from bot.ui.visit import Visit
from providers.errors import Misconfigured
from providers.messages import Balance, Verb
from providers.money import Money

_FEW = 4
"""Lines of several currencies that a phone shows without being scrolled."""
_FREE = "AVAILABLE"
"""The pocket that pays, where a system tells no whole."""
_BREAK = Markup("\n")
_FRANCS = {"XAF", "XOF"}


async def _balance(visit: Visit, _text: str) -> None:
    purses = await _asked(visit)
    folds = any(_is_long(purse.value or []) for purse in purses)
    details = InlineKeyboardButton(visit.voice.say("button.balance").unescape(), callback_data="balance:")
    await visit.say(_told(visit, purses, folded=True), InlineKeyboardMarkup([[details]]) if folds else None)


async def _unfold(visit: Visit, _data: str) -> None:
    purses = await _asked(visit)
    await visit.show(_told(visit, purses, folded=False))


async def _asked(visit: Visit) -> list[Answer[list[Balance]]]:
    purses = await visit.ask_systems(Verb.BALANCE, lambda system: system.balance())
    if not purses:
        raise UserError("route.no_accounts")
    return purses


def _told(visit: Visit, purses: Sequence[Answer[list[Balance]]], *, folded: bool) -> Markup:
    title = visit.voice.say("balance.title", at=visit.counter.now())
    return (_BREAK * 2).join([title, *(_purse(visit.voice, purse, folded=folded) for purse in purses)])


def _purse(voice: Voice, purse: Answer[list[Balance]], *, folded: bool) -> Markup:
    if purse.error:
        key = "balance.misconfigured" if isinstance(purse.error, Misconfigured) else "balance.unreachable"
        return voice.say(key, title=purse.title)
    if not purse.value:
        return voice.say("balance.none", title=purse.title)
    head = voice.say("balance.system", title=purse.title)
    if folded and _is_long(purse.value):
        return _BREAK.join([head, *_folded(voice, purse.value)])
    both = _has_both(purse.value)
    return _BREAK.join([head, *(_line(voice, balance, one_of_two=both) for balance in purse.value)])


def _is_long(balances: Sequence[Balance]) -> bool:
    """What each operator holds of one currency is always shown: a payout leaves from one of them."""
    return len(balances) > _FEW and len({one.amount.currency for one in balances}) > 1


def _has_both(balances: Sequence[Balance]) -> bool:
    return {one.amount.currency for one in balances} >= _FRANCS


def _line(voice: Voice, balance: Balance, *, one_of_two: bool) -> Markup:
    amount = _amount(voice, balance.amount, one_of_two)
    if balance.pocket:
        return voice.say("balance.pocket", pocket=_pocket(voice, balance.pocket), amount=amount)
    return voice.say("balance.whole", amount=amount)


def _amount(voice: Voice, amount: Money, one_of_two: bool) -> str:
    """FCFA and F CFA are two currencies: beside each other they bear their codes."""
    return (
        f"{voice.amount(amount)} ({amount.currency})"
        if one_of_two and amount.currency in _FRANCS
        else voice.amount(amount)
    )


def _folded(voice: Voice, balances: Sequence[Balance]) -> list[Markup]:
    """A line for each currency that holds something."""
    by_currency: dict[str, list[Balance]] = defaultdict(list)
    for one in balances:
        by_currency[one.amount.currency].append(one)
    held = [its for its in by_currency.values() if any(one.amount.minor for one in its)]
    both = _has_both(balances)
    lines = [voice.say("balance.held", amount=_amount(voice, _free(its).amount, both)) for its in held]
    if empty := len(by_currency) - len(held):
        lines.append(voice.say("balance.empty", count=empty))
    return lines


def _free(its: Sequence[Balance]) -> Balance:
    """What can be spent of one currency, as far as the system tells it."""
    return next((one for name in (_FREE, "") for one in its if one.pocket == name), its[0])


def _pocket(voice: Voice, pocket: str) -> str:
    """Operators bear their own names; other pockets have one in each language."""
    key = f"pocket.{pocket}"
    return voice.say(key) if voice.knows(key) else pocket


BALANCE = Command("balance", "solde", _balance, Right.SEE_BALANCE)
BALANCE_TAP = Tap("balance", _unfold, Right.SEE_BALANCE)

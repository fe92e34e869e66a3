"""A reconciliation in words: what matches, and each difference as a line that leads to its payment's card. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date

from babel import dates
from markupsafe import Markup

from bot.payments.reconcile import Comparison, Difference, Oddity
from bot.payments.statements import Account
from bot.texts import Voice
from bot.ui import cards
from providers.money import Money
from providers.redaction import mask_msisdn

_BREAK = Markup("\n")
MOST = 10
"""Differences of one system in a message: Telegram takes no more than 4096 characters."""


def told(voice: Voice, accounts: Sequence[Account], first: date, last: date) -> Markup:
    days = _day(voice, first) if first == last else f"{_day(voice, first)} – {_day(voice, last)}"
    head = voice.say("reconcile.title", days=days)
    return (_BREAK * 2).join([head, *(_account(voice, account) for account in accounts)])


def differ(accounts: Sequence[Account]) -> bool:
    return any(account.silent or (account.comparison and account.comparison.differences) for account in accounts)


def _day(voice: Voice, day: date) -> str:
    return dates.format_date(day, "d MMM y", locale=voice.language)


def _account(voice: Voice, account: Account) -> Markup:
    lines = [voice.say("reconcile.system", title=account.title)]
    if account.silent:
        lines.append(voice.say("reconcile.silent"))
    elif account.comparison is None:
        lines.append(voice.say("reconcile.no_statement"))
    else:
        lines += _comparison(voice, account.comparison)
    if account.balances:
        wholes = [balance for balance in account.balances if not balance.pocket] or account.balances
        amounts = (_pocket(voice, balance.pocket, balance.amount) for balance in wholes)
        lines.append(voice.say("reconcile.balance", amounts=", ".join(amounts)))
    return _BREAK.join(lines)


def _pocket(voice: Voice, pocket: str, amount: Money) -> str:
    name = str(voice.say(f"pocket.{pocket}")) if voice.knows(f"pocket.{pocket}") else pocket
    return f"{name} {voice.amount(amount)}".strip()


def _comparison(voice: Voice, found: Comparison) -> list[Markup]:
    if found.empty:
        return [voice.say("reconcile.nothing")]
    lines = [voice.say("reconcile.matched", number=found.matched)] if found.matched else []
    sums = [("reconcile.in", found.came_in), ("reconcile.out", found.went_out), ("reconcile.fees", found.fees)]
    lines += [voice.say(key, amounts=_sums(voice, amounts)) for key, amounts in sums if amounts]
    shown = found.differences[:MOST]
    lines += [_difference(voice, one) for one in shown]
    if more := len(found.differences) - len(shown):
        lines.append(voice.say("reconcile.more", number=more))
    return lines


def _sums(voice: Voice, amounts: Mapping[str, int]) -> str:
    return ", ".join(voice.amount(Money(minor, currency)) for currency, minor in sorted(amounts.items()))


def _difference(voice: Voice, one: Difference) -> Markup:
    if one.payment is None:
        return _stranger(voice, one)
    payment = one.payment
    flaws = ", ".join(str(_flaw(voice, flaw, one)) for flaw in one.flaws)
    line = voice.say(
        "reconcile.line",
        amount=Money(payment.amount, payment.currency),
        party=cards.who(voice, payment, hide=True),
        state=cards.state_words(voice, payment),
        flaws=Markup(flaws),  # noqa: S704 - each part was said, and so escaped
        id=payment.id,
    )
    return line + _BREAK + voice.say(f"reconcile.do.{one.flaws[0]}", id=payment.id)


def _stranger(voice: Voice, one: Difference) -> Markup:
    line = one.line
    assert line  # noqa: S101 - one of the two is there
    shown = voice.say(
        "reconcile.stranger",
        amount=line.amount,
        party=mask_msisdn(line.msisdn) if line.msisdn else "–",
        at=line.at,
        reference=line.reference,
    )
    return shown + _BREAK + voice.say("reconcile.do.not_here")


def _flaw(voice: Voice, flaw: Oddity, one: Difference) -> Markup:
    line = one.line
    if line is None:
        return voice.say("reconcile.flaw.not_there")
    return voice.say(
        f"reconcile.flaw.{flaw}",
        outcome=voice.say(f"reconcile.outcome.{line.outcome}"),
        amount=line.amount,
        fee=line.fee or "–",
        reference=line.reference,
    )

"""The hosted page, in plain HTML that works without a script."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from markupsafe import Markup

from providers.catalogue.kpay import Operator
from providers.money import Money
from providers.sandbox.entries import Entry
from providers.sandbox.frame import alert, framed
from providers.sandbox.kpay.records import minor

if TYPE_CHECKING:
    from providers.sandbox.kpay.sessions import Session

_TITLE, _ACCENT = "KPay sandbox", "#1d4ed8"
_FORM = Markup(
    """<h1>{amount}</h1><p>{description}</p><p>{direction} <b>{merchant}</b></p>{wrong}
<form method="post">
<label>Operator<select name="provider">{operators}</select></label>
<label>Mobile number<input name="phone" type="tel" required value="{phone}" placeholder="{dial}..."></label>
<button name="action" value="go">{verb}</button></form>
<form method="post"><button class="quiet" name="action" value="cancel">Cancel</button></form>"""
)
_OPTION = Markup('<option value="{}"{}>{}</option>')


def form(
    session: "Session",
    merchant: str,
    operators: Iterable[Operator],
    wrong: str = "",
    typed: Mapping[str, str] | None = None,
) -> str:
    """`typed`: what somebody already filled in."""
    known, typed = list(operators), typed or {}
    body = _FORM.format(
        amount=_money(session.amount, session.currency),
        description=session.description,
        direction="from" if session.payout else "to",
        merchant=merchant,
        verb="Receive" if session.payout else "Pay",
        wrong=alert(wrong),
        operators=Markup("").join(_option(item, typed.get("provider", "")) for item in known),
        phone=typed.get("phone", ""),
        dial=known[0].country.dial if known else "",
    )
    return framed(_TITLE, body, _ACCENT)


def _option(operator: Operator, chosen: str) -> Markup:
    return _OPTION.format(operator.code, Markup(" selected") if operator.code == chosen else "", operator.name)


def waiting(entry: Entry, *, payout: bool) -> str:
    what = "The money is on its way to" if payout else f"{entry.operator} asks for the PIN on"
    words = Markup("<h1>{}</h1><p>{} <b>{}</b>. This page goes on by itself.</p>")
    body = words.format(_money(minor(entry), entry.currency), what, entry.msisdn)
    return framed(_TITLE, body, _ACCENT, goes_on=True)


def over(word: str) -> str:
    return framed(_TITLE, Markup("<h1>This page is over: {}</h1>").format(word.lower()), _ACCENT)


def gone() -> str:
    return framed(_TITLE, Markup("<h1>No such page</h1>"), _ACCENT)


def _money(minor: int, currency: str) -> str:
    return f"{Money(minor, currency).plain} {currency}"

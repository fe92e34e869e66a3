"""The hosted page, in plain HTML that works without a script."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from markupsafe import Markup

from providers.catalogue.kpay import Operator
from providers.money import Money
from providers.sandbox.entries import Entry
from providers.sandbox.kpay.records import minor

if TYPE_CHECKING:
    from providers.sandbox.kpay.sessions import Session

_FRAME = Markup(
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">{head}
<title>KPay sandbox</title>
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem; color: #222 }}
 input, select, button {{ font: inherit; padding: .5rem; width: 100%; box-sizing: border-box; margin: .3rem 0 1rem }}
 button {{ background: #1d4ed8; color: #fff; border: 0; border-radius: .3rem }}
 button.quiet {{ background: none; color: #666; border: 1px solid #bbb }}
 .wrong {{ color: #a00 }} small {{ color: #666 }}
</style></head>
<body>{body}<p><small>Sandbox: no real money moves here.</small></p></body></html>
"""
)
_FORM = Markup(
    """<h1>{amount}</h1><p>{description}</p><p>{direction} <b>{merchant}</b></p>{wrong}
<form method="post">
<label>Operator<select name="provider">{operators}</select></label>
<label>Mobile number<input name="phone" type="tel" required placeholder="{dial}..."></label>
<button name="action" value="go">{verb}</button></form>
<form method="post"><button class="quiet" name="action" value="cancel">Cancel</button></form>"""
)
_OPTION = Markup('<option value="{}">{}</option>')
_REFRESH = Markup('<meta http-equiv="refresh" content="1">')


def form(session: "Session", merchant: str, operators: Iterable[Operator], wrong: str = "") -> str:
    known = list(operators)
    body = _FORM.format(
        amount=_money(session.amount, session.currency),
        description=session.description,
        direction="from" if session.payout else "to",
        merchant=merchant,
        verb="Receive" if session.payout else "Pay",
        wrong=Markup('<p class="wrong" role="alert">{}</p>').format(wrong) if wrong else "",
        operators=Markup("").join(_OPTION.format(item.code, item.name) for item in known),
        dial=known[0].country.dial if known else "",
    )
    return _FRAME.format(head="", body=body)


def waiting(entry: Entry, *, payout: bool) -> str:
    what = "The money is on its way to" if payout else f"{entry.operator} asks for the PIN on"
    words = Markup("<h1>{}</h1><p>{} <b>{}</b>. This page goes on by itself.</p>")
    body = words.format(_money(minor(entry), entry.currency), what, entry.msisdn)
    return _FRAME.format(head=_REFRESH, body=body)


def over(word: str) -> str:
    return _FRAME.format(head="", body=Markup("<h1>This page is over: {}</h1>").format(word.lower()))


def gone() -> str:
    return _FRAME.format(head="", body=Markup("<h1>No such page</h1>"))


def _money(minor: int, currency: str) -> str:
    return f"{Money(minor, currency).plain} {currency}"

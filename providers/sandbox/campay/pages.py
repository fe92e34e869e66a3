"""The hosted payment page, in plain HTML that works without a script."""

from typing import TYPE_CHECKING

from markupsafe import Markup

from providers.sandbox.campay.checks import spoken
from providers.sandbox.entries import Entry
from providers.sandbox.frame import alert, framed

if TYPE_CHECKING:
    from providers.sandbox.campay.links import Link

_TITLE, _ACCENT = "Pay with mobile money", "#0b6b3a"
_FORM = Markup(
    """<h1>{amount} XAF</h1><p>{description}</p><p>to <b>{merchant}</b></p>{wrong}
<form method="post">
<label>MTN or Orange number<input name="phone" type="tel" required value="{msisdn}" placeholder="6XX XX XX XX"></label>
{more}<button>Pay</button></form>
<form method="post"><button class="quiet" name="action" value="cancel">Cancel</button></form>"""
)
_MORE = Markup(
    '<label>Amount, {least} XAF or more<input name="amount" type="number" min="{least}" value="{least}"></label>'
)
_WAITING = Markup(
    "<h1>{amount} XAF</h1><p>{operator} asks on <b>{msisdn}</b> for your PIN. This page goes on by itself.</p>"
)


def form(link: "Link", merchant: str, wrong: str = "", typed: str = "") -> str:
    body = _FORM.format(
        amount=link.amount,
        description=link.description,
        merchant=merchant,
        msisdn=typed or link.msisdn,
        wrong=alert(wrong),
        more=_MORE.format(least=link.amount) if link.may_pay_more else "",
    )
    return framed(_TITLE, body, _ACCENT)


def waiting(entry: Entry) -> str:
    body = _WAITING.format(amount=entry.amount, operator=spoken(entry.operator), msisdn=entry.msisdn)
    return framed(_TITLE, body, _ACCENT, goes_on=True)


def gone() -> str:
    return framed(_TITLE, Markup("<h1>No such payment link</h1>"), _ACCENT)

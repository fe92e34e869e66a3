"""The hosted payment page, in plain HTML that works without a script."""

from typing import TYPE_CHECKING

from markupsafe import Markup

from providers.sandbox.campay.checks import spoken
from providers.sandbox.entries import Entry

if TYPE_CHECKING:
    from providers.sandbox.campay.links import Link

_FRAME = Markup(
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">{head}
<title>Pay with mobile money</title>
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem; color: #222 }}
 input, button {{ font: inherit; padding: .5rem; width: 100%; box-sizing: border-box; margin: .3rem 0 1rem }}
 button {{ background: #0b6b3a; color: #fff; border: 0; border-radius: .3rem }}
 .wrong {{ color: #a00 }} small {{ color: #666 }}
</style></head>
<body>{body}<p><small>Sandbox: no real money moves here.</small></p></body></html>
"""
)
_FORM = Markup(
    """<h1>{amount} XAF</h1><p>{description}</p><p>to <b>{merchant}</b></p>{wrong}
<form method="post">
<label>MTN or Orange number<input name="phone" type="tel" required value="{msisdn}" placeholder="6XX XX XX XX"></label>
{more}<button>Pay</button></form>"""
)
_MORE = Markup(
    '<label>Amount, {least} XAF or more<input name="amount" type="number" min="{least}" value="{least}"></label>'
)
_WAITING = Markup(
    "<h1>{amount} XAF</h1><p>{operator} asks on <b>{msisdn}</b> for your PIN. This page goes on by itself.</p>"
)
_REFRESH = Markup('<meta http-equiv="refresh" content="1">')


def form(link: "Link", merchant: str, wrong: str = "") -> str:
    body = _FORM.format(
        amount=link.amount,
        description=link.description,
        merchant=merchant,
        msisdn=link.msisdn,
        wrong=Markup('<p class="wrong" role="alert">{}</p>').format(wrong) if wrong else "",
        more=_MORE.format(least=link.amount) if link.may_pay_more else "",
    )
    return _FRAME.format(head="", body=body)


def waiting(entry: Entry) -> str:
    body = _WAITING.format(amount=entry.amount, operator=spoken(entry.operator), msisdn=entry.msisdn)
    return _FRAME.format(head=_REFRESH, body=body)


def gone() -> str:
    return _FRAME.format(head="", body=Markup("<h1>No such payment link</h1>"))

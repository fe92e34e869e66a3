"""The bank's page and the page of a crypto deposit, in plain HTML that works without a script."""

from markupsafe import Markup

from providers.sandbox.entries import Entry, State
from providers.sandbox.nkapsmart.records import REASONS

_FRAME = Markup(
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">{head}
<title>{title}</title>
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem; color: #222 }}
 input, button {{ font: inherit; padding: .5rem; width: 100%; box-sizing: border-box; margin: .3rem 0 .6rem }}
 button {{ background: #14507a; color: #fff; border: 0; border-radius: .3rem }} button.no {{ background: #777 }}
 code {{ overflow-wrap: anywhere }} .wrong {{ color: #a00 }} small {{ color: #666 }}
</style></head>
<body>{body}<p><small>Sandbox: no real money moves here.</small></p></body></html>
"""
)
_BANK = Markup(
    """<h1>{amount} XAF</h1><p>{description}</p><p>to <b>{merchant}</b>, from your bank account</p>
<form method="post">
<button name="answer" value="authorize">Authorize the transfer</button>
<button name="answer" value="short" class="no">The account is short of money</button>
<button name="answer" value="cancel" class="no">Cancel</button></form>"""
)
_DEPOSIT = Markup(
    """<h1>{tokens} USDT</h1><p>on <b>{network}</b>, for {amount} to <b>{merchant}</b></p>
<p>Send to <code id="address">{address}</code></p>{sent}
<form method="post"><label>Tokens to send<input name="tokens" value="{tokens}" inputmode="decimal" required></label>
<button>Send the deposit</button></form>"""
)
_SENT = Markup('<p>Sent: {tokens} USDT, transaction <code id="hash">{ash}</code>{short}</p>')
_SHORT = Markup('<br><span class="wrong">That is too little: it is not taken for the payment.</span>')
_WAITING = Markup("<h1>{amount} XAF</h1><p>Waiting for the bank.</p>")
_REFRESH = Markup('<meta http-equiv="refresh" content="1">')
_ENDED = Markup('<h1>{word}</h1><p id="why">{why}</p>{sent}')


def bank(entry: Entry) -> str:
    body = _BANK.format(amount=entry.amount, description=entry.description, merchant=entry.asker)
    return _FRAME.format(head="", title="Pay from your bank", body=body)


def waiting(entry: Entry) -> str:
    return _FRAME.format(head=_REFRESH, title="Pay from your bank", body=_WAITING.format(amount=entry.amount))


def deposit(entry: Entry, address: str, unit: str, sent: Markup) -> str:
    body = _DEPOSIT.format(
        tokens=entry.extra["tokens"],
        network=entry.extra["network"],
        amount=f"{entry.extra['amount']} {unit}",
        merchant=entry.asker,
        address=address,
        sent=sent,
    )
    return _FRAME.format(head="", title="Deposit USDT", body=body)


def sent(tokens: str, ash: str, *, enough: bool) -> Markup:
    return _SENT.format(tokens=tokens, ash=ash, short="" if enough else _SHORT)


def ended(entry: Entry, told: Markup) -> str:
    word = "Paid" if entry.state is State.SUCCEEDED else "Not paid"
    why = REASONS[entry.reason] if entry.reason else "Thank you. You can close this page."
    return _FRAME.format(head="", title=word, body=_ENDED.format(word=word, why=why, sent=told))


def gone() -> str:
    return _FRAME.format(head="", title="No such payment", body=Markup("<h1>No such payment</h1>"))

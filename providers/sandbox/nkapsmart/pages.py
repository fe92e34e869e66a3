"""The bank's page and the page of a crypto deposit, in plain HTML that works without a script."""

from markupsafe import Markup

from providers.sandbox.entries import Entry, State
from providers.sandbox.frame import alert, framed
from providers.sandbox.nkapsmart.records import REASONS

_ACCENT = "#14507a"
_BANK = Markup(
    """<h1>{amount} XAF</h1><p>{description}</p><p>to <b>{merchant}</b>, from your bank account</p>
<form method="post">
<button name="answer" value="authorize">Authorize the transfer</button>
<button name="answer" value="short" class="quiet">The account is short of money</button>
<button name="answer" value="cancel" class="quiet">Cancel</button></form>"""
)
_DEPOSIT = Markup(
    """<h1>{tokens} USDT</h1><p>on <b>{network}</b>, for {amount} to <b>{merchant}</b></p>
<p>Send to</p><code id="address">{address}</code>{sent}"""
)
_SEND = Markup(
    """{wrong}<form method="post">
<label>Tokens to send<input name="tokens" value="{tokens}" inputmode="decimal" required></label>
<button>Send the deposit</button></form>"""
)
_SENT = Markup('<p>Sent: {tokens} USDT, transaction</p><code id="hash">{ash}</code>{short}')
_SHORT = Markup('<p class="wrong">That is too little: it is not taken for the payment.</p>')
_WAITING = Markup("<h1>{amount} XAF</h1><p>Waiting for the bank.</p>")
_ENDED = Markup('<h1>{word}</h1><p id="why">{why}</p>{sent}')


def bank(entry: Entry) -> str:
    body = _BANK.format(amount=entry.amount, description=entry.description, merchant=entry.asker)
    return framed("Pay from your bank", body, _ACCENT)


def waiting(entry: Entry) -> str:
    return framed("Pay from your bank", _WAITING.format(amount=entry.amount), _ACCENT, goes_on=True)


def deposit(entry: Entry, address: str, unit: str, sent: Markup, wrong: str = "") -> str:
    """One deposit for a payment: once it was sent there is nothing more to do here."""
    body = _DEPOSIT.format(
        tokens=entry.extra["tokens"],
        network=entry.extra["network"],
        amount=f"{entry.extra['amount']} {unit}",
        merchant=entry.asker,
        address=address,
        sent=sent or _SEND.format(tokens=entry.extra["tokens"], wrong=alert(wrong)),
    )
    return framed("Deposit USDT", body, _ACCENT)


def sent(tokens: str, ash: str, *, enough: bool) -> Markup:
    return _SENT.format(tokens=tokens, ash=ash, short="" if enough else _SHORT)


def ended(entry: Entry, told: Markup) -> str:
    word = "Paid" if entry.state is State.SUCCEEDED else "Not paid"
    why = REASONS[entry.reason] if entry.reason else "Thank you. You can close this page."
    return framed(word, _ENDED.format(word=word, why=why, sent=told), _ACCENT)


def gone() -> str:
    return framed("No such payment", Markup("<h1>No such payment</h1>"), _ACCENT)

"""The payers' pages, in plain HTML that works without a script."""

from markupsafe import Markup

from providers.sandbox.entries import Entry, State
from providers.sandbox.frame import alert, framed

_CODE = Markup(
    '<label>The code from your text message<input name="code" inputmode="numeric" autocomplete="one-time-code"></label>'
)
_FORM = Markup(
    """<p>{operator} {msisdn} pays <b>{merchant}</b></p>{wrong}
<form method="post">{code}<button>Pay</button>
<button class="quiet" name="cancel" value="1" formnovalidate>Cancel</button></form>"""
)
_BANK = Markup(
    """<p>Send money to the account that the merchant gave you.</p>{wrong}
<form method="post"><label>Account number<input name="account" inputmode="numeric" required></label>
<label>Amount<input name="amount" inputmode="decimal" required></label><button>Transfer</button></form>"""
)
_KEYPAD = Markup(
    """<p>What a payer dials before paying, and gets a code for.</p>{wrong}{said}
<form method="post"><label>Phone<input name="msisdn" type="tel" required></label>
<label>Dial<input name="dial" required placeholder="*144*4*6*500#"></label><button>Call</button></form>"""
)
_SAID = Markup('<p role="status"><b>{}</b></p>')


def form(entry: Entry, *, with_code: bool, wrong: str = "") -> str:
    body = _FORM.format(
        operator=entry.operator, msisdn=entry.msisdn, merchant=entry.asker, wrong=alert(wrong),
        code=_CODE if with_code else "",
    )  # fmt: skip
    return _page(_money(entry), body)


def waiting(entry: Entry) -> str:
    body = Markup("<p>Confirm on <b>{}</b>. This page goes on by itself.</p>").format(entry.msisdn)
    return _page(_money(entry), body, goes_on=True)


def ended(entry: Entry) -> str:
    words = "Paid. You can close this page." if entry.state is State.SUCCEEDED else "Not paid."
    return _page(_money(entry), Markup("<p>{}</p>").format(words))


def bank(wrong: str = "") -> str:
    return _page("Sandbox Bank", _BANK.format(wrong=alert(wrong)))


def keypad(wrong: str = "", said: str = "") -> str:
    return _page("Keypad", _KEYPAD.format(wrong=alert(wrong), said=_SAID.format(said) if said else ""))


def gone() -> str:
    return _page("No such payment", Markup(""))


def _page(title: str, body: Markup, *, goes_on: bool = False) -> str:
    return framed(title, Markup("<h1>{}</h1>{}").format(title, body), "#16425b", goes_on=goes_on)


def _money(entry: Entry) -> str:
    return f"{entry.extra['amount']} {entry.currency}"

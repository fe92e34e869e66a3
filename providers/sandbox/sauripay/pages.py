"""The payers' pages, in plain HTML that works without a script."""

from markupsafe import Markup

from providers.sandbox.entries import Entry, State

_FRAME = Markup(
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">{head}
<title>{title}</title>
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem; color: #222 }}
 input, button {{ font: inherit; padding: .5rem; width: 100%; box-sizing: border-box; margin: .3rem 0 1rem }}
 button {{ background: #16425b; color: #fff; border: 0; border-radius: .3rem }}
 button.plain {{ background: #eee; color: #222 }} .wrong {{ color: #a00 }} small {{ color: #666 }}
</style></head>
<body><h1>{title}</h1>{body}<p><small>Sandbox: no real money moves here.</small></p></body></html>
"""
)
_REFRESH = Markup('<meta http-equiv="refresh" content="1">')
_CODE = Markup(
    '<label>The code from your text message<input name="code" inputmode="numeric" autocomplete="one-time-code"></label>'
)
_FORM = Markup(
    """<p>{operator} {msisdn} pays <b>{merchant}</b></p>{wrong}
<form method="post">{code}<button>Pay</button>
<button class="plain" name="cancel" value="1" formnovalidate>Cancel</button></form>"""
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
_WRONG = Markup('<p class="wrong" role="alert">{}</p>')
_SAID = Markup('<p role="status"><b>{}</b></p>')


def form(entry: Entry, *, with_code: bool, wrong: str = "") -> str:
    body = _FORM.format(
        operator=entry.operator.capitalize(), msisdn=entry.msisdn, merchant=entry.asker, wrong=_alert(wrong),
        code=_CODE if with_code else "",
    )  # fmt: skip
    return _page(_money(entry), body)


def waiting(entry: Entry) -> str:
    body = Markup("<p>Confirm on <b>{}</b>. This page goes on by itself.</p>").format(entry.msisdn)
    return _page(_money(entry), body, _REFRESH)


def ended(entry: Entry) -> str:
    words = "Paid. You can close this page." if entry.state is State.SUCCEEDED else "Not paid."
    return _page(_money(entry), Markup("<p>{}</p>").format(words))


def bank(wrong: str = "") -> str:
    return _page("Sandbox Bank", _BANK.format(wrong=_alert(wrong)))


def keypad(wrong: str = "", said: str = "") -> str:
    return _page("Keypad", _KEYPAD.format(wrong=_alert(wrong), said=_SAID.format(said) if said else ""))


def gone() -> str:
    return _page("No such payment", Markup(""))


def _page(title: str, body: Markup, head: str = "") -> str:
    return _FRAME.format(title=title, body=body, head=head)


def _alert(wrong: str) -> Markup:
    return _WRONG.format(wrong) if wrong else Markup("")


def _money(entry: Entry) -> str:
    return f"{entry.extra['amount']} {entry.currency}"

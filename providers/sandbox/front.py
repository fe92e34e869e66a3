"""The page at `/`: what this is, what to log in with, what to try."""

from markupsafe import Markup

from providers.sandbox.campay.charges import TEST_NUMBERS
from providers.sandbox.settings import Settings

_PAGE = Markup(
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Payment sandbox</title>
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
 pre {{ background: #f4f4f4; padding: .8rem; overflow-x: auto }} td, th {{ text-align: left; padding-right: 1.5rem }}
</style></head><body>
<h1>Payment sandbox</h1>
<p>CamPay, KPay, Nkapsmart and SauriPay on this machine. No real money, no account, no network.</p>
<table>
<tr><th>Address</th><td><code>{url}</code></td></tr>
<tr><th>CamPay's permanent token</th><td><code>{token}</code></td></tr>
<tr><th>CamPay's username, password</th><td><code>{username}</code>, <code>{password}</code></td></tr>
<tr><th>CamPay's webhook key</th><td><code>{webhook_key}</code></td></tr>
<tr><th>KPay's keys</th><td><code>{kpay_key}</code>, <code>{kpay_secret}</code></td></tr>
<tr><th>Nkapsmart's keys</th><td><code>{nkapsmart_key}</code>, <code>{nkapsmart_secret}</code></td></tr>
<tr><th>SauriPay's ids and key</th>
<td><code>{sauripay_public}</code>, <code>{sauripay_merchant}</code>, <code>{sauripay_secret}</code></td></tr>
<tr><th>PIN of every phone</th><td><code>{pin}</code></td></tr>
</table>
<h2>Ask, approve, look</h2>
<p>By CamPay; the others' calls are in the README.</p>
<pre>curl {url}/api/collect/ -H 'Authorization: Token {token}' \\
  -d '{{"amount": "20", "from": "237671000101", "description": "Shoes"}}'
curl {url}/control/phones/237671000101
curl {url}/control/phones/237671000101/approve -d '{{"pin": "{pin}"}}'
curl {url}/api/balance/ -H 'Authorization: Token {token}'</pre>
<h2>CamPay's test numbers</h2>
<p>Any other MTN or Orange number asks for a PIN on its phone. Now: <code>test_numbers = {test_numbers}</code>.</p>
<table>{numbers}</table>
<h2>Control</h2>
<ul>{links}</ul>
<pre>curl {url}/control/faults -d '{{"kind": "drop_reply", "path": "/withdraw/", "times": 1}}'
curl -X DELETE {url}/control/faults
curl -X PATCH {url}/control/settings -d '{{"campay": {{"demo_limit": 0}}}}'
curl {url}/control/balances -d '{{"account": "campay/MTN/XAF", "balance": 10}}'
curl -N '{url}/control/events?after=0'</pre>
</body></html>
"""
)
_LINKS = ("state", "ledger", "phones", "phones/237671000101", "faults")


def page(settings: Settings, url: str) -> str:
    campay = settings.campay
    number = Markup("<tr><td><code>{}</code></td><td>{}</td></tr>")
    link = Markup('<li><a href="/control/{0}">/control/{0}</a></li>')
    return _PAGE.format(
        url=url.rstrip("/"),
        token=campay.token,
        username=campay.username,
        password=campay.password,
        webhook_key=campay.webhook_key,
        kpay_key=settings.kpay.api_key,
        kpay_secret=settings.kpay.secret_key,
        nkapsmart_key=settings.nkapsmart.api_key,
        nkapsmart_secret=settings.nkapsmart.secret_key,
        sauripay_public=settings.sauripay.public_id,
        sauripay_merchant=settings.sauripay.merchant_id,
        sauripay_secret=settings.sauripay.secret_key,
        pin=settings.pin,
        test_numbers=settings.test_numbers,
        numbers=Markup("").join(number.format(msisdn, state) for msisdn, state in TEST_NUMBERS.items()),
        links=Markup("").join(link.format(path) for path in _LINKS),
    )

"""Pages that anyone may open: what a receipt's code leads to."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.payments.receipts import Receipts, Slip, Standing
from bot.texts import Voice, language_for
from bot.ui import slip

_PAGE = Markup(
    """<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>:root {{ color-scheme: light dark }} body {{ font: 1.05rem/1.5 system-ui, sans-serif; max-width: 30rem;
margin: 6vh auto; padding: 0 1.25rem }} h1 {{ font-size: 1.1rem; font-weight: 600; opacity: .7 }}
.verdict {{ padding: .9rem 1rem; border-radius: .75rem; color: #fff; background: {colour}; white-space: pre-line }}
dl {{ display: grid; grid-template-columns: auto 1fr; gap: .5rem 1rem; margin: 1.5rem 0 }} dt {{ opacity: .7 }}
dd {{ margin: 0; text-align: right; font-weight: 600; overflow-wrap: anywhere }}</style>
<h1>{title}</h1><p class="verdict">{verdict}</p>{facts}</html>"""
)
_ROW = Markup("<dt>{label}</dt><dd>{value}</dd>")
_GOOD, _BAD = "#0b7a4b", "#b3261e"

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


def receipt_page(receipts: Receipts) -> Route:
    """How the payment stands now, never what a browser or a proxy has kept."""

    async def page(request: Request) -> Response:
        found = await receipts.verify(request.path_params["code"])
        spoken = request.headers.get("accept-language", "").split(",")[0]
        home = (found.merchant.language, found.merchant.timezone) if found else ("fr", "Africa/Douala")
        voice = Voice(language_for(spoken, home[0]), home[1])
        return HTMLResponse(_written(voice, found), status_code=200 if found else 404, headers=_HEADERS)

    return Route("/receipt/{code}", page, methods=["GET"])


def _written(voice: Voice, found: Slip | None) -> Markup:
    facts = slip.facts(voice, found) if found else []
    rows = Markup("").join(_ROW.format(label=label, value=value) for label, value in facts)
    return _PAGE.format(
        language=voice.language,
        title=voice.say("receipt.page"),
        colour=_GOOD if found and found.standing is Standing.GOOD else _BAD,
        verdict=slip.headline(voice, found) if found else voice.say("receipt.not_ours"),
        facts=Markup("<dl>{rows}</dl><p>{compare}</p>").format(rows=rows, compare=voice.say("receipt.compare"))
        if found
        else "",
    )

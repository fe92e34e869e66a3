"""What every payer's page has in common: plain HTML that works without a script, and under a thumb."""

from markupsafe import Markup

_FRAME = Markup(
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">{head}
<title>{title}</title>
<style>
 * {{ box-sizing: border-box }}
 body {{ font: 1.0625rem/1.5 system-ui, sans-serif; max-width: 27rem; margin: 0 auto; padding: 1.25rem; color: #222 }}
 h1 {{ margin: .5rem 0; font-size: 1.9rem; line-height: 1.2 }} p, code {{ overflow-wrap: anywhere }}
 label {{ display: block; margin-top: 1rem }} form {{ margin: 0 }}
 input, select, button {{ font: inherit; width: 100%; min-height: 3rem; padding: .5rem .75rem; border-radius: .5rem }}
 input, select {{ border: 1px solid #888; background: #fff; color: inherit; margin-top: .25rem }}
 button {{ background: {accent}; color: #fff; border: 1px solid {accent}; font-weight: 600; margin-top: 1rem }}
 button.quiet {{ background: #fff; color: #444; border-color: #aaa; font-weight: 400 }}
 code {{ display: block; padding: .6rem .75rem; background: #f2f2f2; border-radius: .5rem; user-select: all }}
 .wrong {{ color: #a00; font-weight: 600 }} small {{ color: #666 }}
 footer {{ margin-top: 2rem; border-top: 1px solid #ddd; padding-top: .75rem }}
</style></head>
<body>{body}<footer><small>Sandbox: no real money moves here.</small></footer></body></html>
"""
)
_REFRESH = Markup('<meta http-equiv="refresh" content="1">')
_WRONG = Markup('<p class="wrong" role="alert">{}</p>')


def framed(title: str, body: Markup, accent: str, *, goes_on: bool = False) -> str:
    """`goes_on`: the page looks again each second, until somebody or something has decided."""
    return _FRAME.format(title=title, body=body, accent=accent, head=_REFRESH if goes_on else "")


def alert(wrong: str) -> Markup:
    return _WRONG.format(wrong) if wrong else Markup("")

"""What /payees shows: the list, one payee, the question which of several is meant; and their buttons. Pure."""

from collections.abc import Sequence

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.phone import pretty
from bot.texts import Voice
from bot.ui.paging import turns
from storage.models import Payee

PAGE = 8

Screen = tuple[Markup, InlineKeyboardMarkup | None]


def of_list(voice: Voice, known: Sequence[Payee], offset: int, *, edits: bool) -> Screen:
    add = [_row((_label(voice, "button.payee_add"), "payeeadd:"))] if edits else []
    if not known:
        return voice.say("payee.none"), InlineKeyboardMarkup(add) if add else None
    shown = known[offset : offset + PAGE] or known[:PAGE]
    lines = [voice.say("payee.title"), *(_line(voice, one) for one in shown), voice.say("payee.how")]
    rows = [_row((one.name, f"payee:{one.id}")) for one in shown]
    rows += turns(voice, "payees:", offset, PAGE, more=offset + PAGE < len(known))
    return Markup("\n").join(lines), InlineKeyboardMarkup([*rows, *add])


def _line(voice: Voice, payee: Payee) -> Markup:
    return voice.say("payee.line", name=payee.name, phone=pretty(payee.msisdn))


def of_payee(voice: Voice, payee: Payee, *, edits: bool) -> Screen:
    rows = [
        _row(
            (_label(voice, "guess.payout"), f"payeesend:{payee.id}"),
            (_label(voice, "guess.request"), f"payeeask:{payee.id}"),
        )
    ]
    if edits:
        rows.append(
            _row(
                (_label(voice, "button.payee_rename"), f"payeename:{payee.id}"),
                (_label(voice, "button.payee_phone"), f"payeephone:{payee.id}"),
            )
        )
        rows.append(_row((_label(voice, "button.payee_remove"), f"payeegone:{payee.id}")))
    rows.append(_row((_label(voice, "button.payees"), "payees:0")))
    return _line(voice, payee), InlineKeyboardMarkup(rows)


def of_removal(voice: Voice, payee: Payee) -> Screen:
    sure = (_label(voice, "button.remove.sure"), f"payeeremoved:{payee.id}")
    back = (_label(voice, "button.payees"), "payees:0")
    return voice.say("payee.sure", name=payee.name, phone=pretty(payee.msisdn)), InlineKeyboardMarkup(
        [_row(sure, back)]
    )


def of_choice(found: Sequence[Payee]) -> InlineKeyboardMarkup:
    """Two of one name differ by their number."""
    return InlineKeyboardMarkup(
        [_row((f"{one.name} · {pretty(one.msisdn)}", f"which:{one.id}")) for one in found[:PAGE]]
    )


def _label(voice: Voice, key: str) -> str:
    return voice.say(key).unescape()


def _row(*buttons: tuple[str, str]) -> list[InlineKeyboardButton]:
    return [InlineKeyboardButton(label, callback_data=data) for label, data in buttons]

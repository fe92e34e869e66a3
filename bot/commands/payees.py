"""/payees: numbers saved under a name; save, rename, give another number, remove."""

from bot.commands.base import Command, Run, Tap
from bot.errors import UserError
from bot.payments.approvals import Right, may
from bot.payments.phone import parse_phone, pretty
from bot.ui import forms, naming, payees
from bot.ui.visit import Visit
from providers.messages import Kind
from storage.models import Payee

_ADD = {"add", "save", "ajouter", "ajoute", "enregistrer", "enregistre", "+"}
_LONGEST_NUMBER = 12


async def _payees(visit: Visit, text: str) -> None:
    """ "", "add Paul 677123456", "Paul"."""
    first, _, rest = text.partition(" ")
    if first.casefold() in _ADD:
        await naming.add(visit, rest)
    elif text:
        await _find(visit, text)
    else:
        await visit.say(*await _page(visit, 0))


async def _find(visit: Visit, name: str) -> None:
    found = await visit.counter.payees.named(visit.member, name)
    if not found:
        raise UserError("payee.unknown", name=name)
    if len(found) == 1:
        await visit.say(*payees.of_payee(visit.voice, found[0], edits=_edits(visit)))
    else:
        await visit.say(*payees.of_list(visit.voice, found[: payees.PAGE], 0, edits=False))


async def _page(visit: Visit, offset: int) -> payees.Screen:
    return payees.of_list(visit.voice, await visit.counter.payees.all_of(visit.member), offset, edits=_edits(visit))


def _edits(visit: Visit) -> bool:
    return may(visit.member, Right.EDIT_PAYEES)


async def _turned(visit: Visit, offset: str) -> None:
    await visit.show(*await _page(visit, _number(offset)))


async def _shown(visit: Visit, payee_id: str) -> None:
    await visit.show(*payees.of_payee(visit.voice, await _payee(visit, payee_id), edits=_edits(visit)))


async def _add(visit: Visit, _data: str) -> None:
    await naming.ask_line(visit)


async def _rename(visit: Visit, payee_id: str) -> None:
    await naming.ask_rename(visit, await _payee(visit, payee_id))


async def _change_phone(visit: Visit, payee_id: str) -> None:
    await naming.ask_phone(visit, await _payee(visit, payee_id))


async def _ask_removal(visit: Visit, payee_id: str) -> None:
    await visit.show(*payees.of_removal(visit.voice, await _payee(visit, payee_id)))


async def _remove(visit: Visit, payee_id: str) -> None:
    await visit.counter.payees.remove(visit.member, _number(payee_id))
    await visit.show(*await _page(visit, 0))


async def _send(visit: Visit, payee_id: str) -> None:
    await forms.begin(visit, Kind.PAYOUT, f"+{(await _payee(visit, payee_id)).msisdn}")


async def _ask(visit: Visit, payee_id: str) -> None:
    await forms.begin(visit, Kind.COLLECTION, f"+{(await _payee(visit, payee_id)).msisdn}")


async def _which(visit: Visit, payee_id: str) -> None:
    """One of several of that name: the answer to the open question."""
    payee = await _payee(visit, payee_id)
    if not await forms.answer_phone(visit, f"+{payee.msisdn}"):
        raise UserError("guess.gone")
    await visit.show(visit.voice.say("payee.line", name=payee.name, phone=pretty(payee.msisdn)))


async def _keep(visit: Visit, payment_id: str) -> None:
    """From a paid card: its number, to be given a name."""
    found = await visit.counter.payments.find(visit.member, payment_id)
    if not found or not found[0].msisdn:
        raise UserError("payment.not_found")
    await naming.ask_name(visit, parse_phone(f"+{found[0].msisdn}", found[0].country))


async def _payee(visit: Visit, payee_id: str) -> Payee:
    return await visit.counter.payees.get(visit.member, _number(payee_id))


def _number(text: str) -> int:
    """A button's data is only as good as whoever sends it; no row has the number 0."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _LONGEST_NUMBER else 0


_TAPS: tuple[tuple[str, Run, Right], ...] = (
    ("payees", _turned, Right.ASK),
    ("payee", _shown, Right.ASK),
    ("payeeadd", _add, Right.EDIT_PAYEES),
    ("payeename", _rename, Right.EDIT_PAYEES),
    ("payeephone", _change_phone, Right.EDIT_PAYEES),
    ("payeegone", _ask_removal, Right.EDIT_PAYEES),
    ("payeeremoved", _remove, Right.EDIT_PAYEES),
    ("payeesend", _send, Right.PAY_OUT),
    ("payeeask", _ask, Right.ASK),
    ("which", _which, Right.ASK),
    ("keep", _keep, Right.EDIT_PAYEES),
)

PAYEES = Command("payees", "beneficiaires", _payees, Right.ASK)
PAYEE_TAPS = tuple(Tap(verb, run, right) for verb, run, right in _TAPS)

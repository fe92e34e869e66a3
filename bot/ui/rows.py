"""Reads the rows of a sheet as payouts, each with what is wrong with it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.errors import UserError
from bot.payments.amounts import currency_of, parse_amount
from bot.payments.lookalikes import Line
from bot.payments.phone import Phone, parse_phone, wallet
from bot.payments.service import MOST_DESCRIPTION
from bot.ui.parse import parse_wish
from bot.ui.sheets import Line as SheetLine
from bot.ui.sheets import plain
from providers.money import EXPONENTS, Money

COLUMNS = ("amount", "phone", "name", "description")
MORE = ("operator", "currency", "again")
"""Columns that a row to mend keeps where it had them: 50 USD must not come back as 50 francs."""

_NAMES = {
    "amount": {"amount", "montant", "somme", "sum", "total", "net a payer", "salaire", "salary"},
    "phone": {
        "phone", "telephone", "tel", "numero", "number", "mobile", "msisdn", "phone number", "numero de telephone",
    },
    "name": {"name", "nom", "noms", "full name", "nom complet", "nom et prenom", "beneficiaire", "payee", "employe"},
    "description": {"description", "motif", "reason", "libelle", "objet"},
    "operator": {"operator", "operateur", "reseau", "network"},
    "currency": {"currency", "devise", "monnaie"},
    "again": {"our reference", "notre reference"},
}  # fmt: skip
_LONGEST_NAME = 80
_HEAD, _THOUSANDS = re.compile(r"\d{1,3}"), re.compile(r"\d{3}")
"""5,000 in a file whose cells are parted by commas is two cells, and would pay 5."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that can't be paid, as it stood there, and why."""

    number: int
    cells: Mapping[str, str]
    error: UserError


@dataclass(frozen=True, slots=True)
class Rows:
    good: list[Line]
    wrong: list[Wrong]


def from_table(table: Sequence[SheetLine], country: str) -> Rows:
    """Raises UserError where no column of amounts and none of phones can be found: `sheet.columns`, `sheet.empty`."""
    if not table:
        raise UserError("sheet.empty")
    columns = _named(table[0].cells)
    body = table[1:] if columns else table
    columns = columns or _guessed(table[0].cells, country)
    if not body:
        raise UserError("sheet.empty")
    rows = Rows([], [])
    for line in body:
        _sort(rows, line.number, *_picked(line, columns, len(table[0].cells)), country)
    return rows


def from_text(text: str, country: str) -> Rows:
    """A payout in each line, as behind /payout; what follows the phone is the description."""
    home = currency_of(country)
    rows = Rows([], [])
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            wish = parse_wish(line, country, home)
            if wish.amount is None or wish.phone is None:
                raise UserError("sheet.line")  # noqa: TRY301
            cells = {"amount": str(wish.amount.plain), "phone": f"+{wish.phone.msisdn}"}
            _sort(rows, number, cells | {"description": wish.description or ""}, None, country)
        except UserError as error:
            rows.wrong.append(Wrong(number, {"description": line}, error))
    if not rows.good and not rows.wrong:
        raise UserError("sheet.empty")
    return rows


def _sort(rows: Rows, number: int, cells: Mapping[str, str], odd: UserError | None, country: str) -> None:
    try:
        if odd:
            raise odd
        rows.good.append(_line(number, cells, country))
    except UserError as error:
        rows.wrong.append(Wrong(number, cells, error))


def _line(number: int, cells: Mapping[str, str], country: str) -> Line:
    for name in ("amount", "phone"):
        if not cells.get(name):
            raise UserError(f"sheet.no_{name}")
    phone = _phone(cells, country)
    name, description = cells.get("name", ""), cells.get("description", "")
    if len(description) > MOST_DESCRIPTION:
        raise UserError("description.too_long", most=MOST_DESCRIPTION)
    if len(name) > _LONGEST_NAME:
        raise UserError("sheet.name_too_long", most=_LONGEST_NAME)
    return Line(number, _amount(cells, phone.country), phone, name, description, cells.get("again", "").upper())


def _phone(cells: Mapping[str, str], country: str) -> Phone:
    """The sheet's own word for the operator comes before the prefix's: numbers move."""
    phone = parse_phone(cells["phone"], country)
    operator = cells.get("operator", "").split()
    return replace(phone, operator=wallet(phone.country, operator[0].upper())) if operator else phone


def _amount(cells: Mapping[str, str], country: str) -> Money:
    """In the money of the phone that is paid; a column that names another one makes the amount unreadable."""
    currency = currency_of(country)
    if currency not in EXPONENTS:
        raise UserError("sheet.country")
    return parse_amount(" ".join(filter(None, (cells["amount"], cells.get("currency")))), currency)


def _named(cells: Sequence[str]) -> dict[str, int]:
    """Where each column stands, if the first row names at least amounts and phones; the first of two counts."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        words = plain(cell)
        for column, names in _NAMES.items():
            if words in names:
                found.setdefault(column, place)
    if "amount" in found and "phone" in found:
        return found
    if found:
        raise UserError("sheet.columns")
    return {}


def _guessed(cells: Sequence[str], country: str) -> dict[str, int]:
    """Without names: where the first row has an amount and a phone; then comes the name, then the description."""
    places = range(len(cells))
    phone = next((place for place in places if _is_phone(cells[place], country)), None)
    amount = next((place for place in places if place != phone and _is_amount(cells[place], country)), None)
    if phone is None or amount is None:
        raise UserError("sheet.columns")
    others = [place for place in places if place not in (phone, amount)]
    return {"amount": amount, "phone": phone} | dict(zip(("name", "description"), others, strict=False))


def _is_phone(cell: str, country: str) -> bool:
    try:
        parse_phone(cell, country)
    except UserError:
        return False
    return True


def _is_amount(cell: str, country: str) -> bool:
    try:
        parse_amount(cell, currency_of(country))
    except UserError:
        return False
    return True


def _picked(line: SheetLine, columns: Mapping[str, int], width: int) -> tuple[dict[str, str], UserError | None]:
    cells = {name: line.cells[place] if place < len(line.cells) else "" for name, place in columns.items()}
    after = line.cells[columns["amount"] + 1 : columns["amount"] + 2]
    in_two = _HEAD.fullmatch(cells["amount"]) and any(map(_THOUSANDS.fullmatch, after))
    cut = in_two or any(line.cells[width:])
    return cells, UserError("sheet.cut") if cut else None

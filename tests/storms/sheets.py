"""Sheets of payouts that people want paid together: what stands in them, and how they are handed over."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from zipfile import ZipFile, ZipInfo

from openpyxl import Workbook

from bot.demo.people import User
from tests.storms.intents import CAMEROON, Manner, Payer, Trick
from tests.storms.town import Town

SMALLEST, LARGEST = 3, 12
_ELSEWHERE = ("+254700000011", "+254700000012")
_BAD = (
    ("", "671000101", "Nobody"),
    ("a lot", "671000101", "Nobody"),
    ("0", "690000103", "Nobody"),
    ("-75", "690000103", "Nobody"),
    ("75", "12", "Nobody"),
    ("75", "+999123456", "Nobody"),
    ("75", "", "Nobody"),
)
_HEADERS = (("amount", "phone", "name"), ("Montant", "Téléphone", "Nom"))
_STAMPED = "docProps/core.xml"
"""Says when a workbook was saved, by the clock on the wall."""


class Shape(StrEnum):
    TEXT = "pasted"
    CSV = "as a CSV file"
    XLSX = "as an XLSX file"


@dataclass(frozen=True, slots=True)
class Line:
    """A payee and an amount that nobody else gets. `times`: it stands in the sheet so often."""

    number: int
    amount: int
    phone: str
    trick: Trick
    times: int
    payer: Payer = Payer.PAYS


@dataclass
class Sheet:
    """`asked_first`: the command alone, and the sheet in answer to its question. `once`: repeats are left out by the
    board's button. `poor`: the system holds half of what it would take. `confirmed`: the asker has tapped so.
    """

    number: int
    lines: Sequence[Line]
    rows: Sequence[Sequence[str]]
    shape: Shape
    via: str
    asker: User
    in_group: bool
    at: float
    manner: Manner
    asked_first: bool
    once: bool
    poor: bool
    confirmed: bool = False

    @property
    def total(self) -> int:
        return sum(line.amount * line.times for line in self.lines)

    @property
    def command(self) -> str:
        return f"/bulk via {self.via}" if self.via else "/bulk"

    @property
    def text(self) -> str:
        return "\n".join(" ".join(filter(None, row)) for row in self.rows)

    def file(self) -> tuple[str, bytes]:
        """The same bytes on any day."""
        table = [_HEADERS[self.number % 2], *self.rows]
        return ("june.csv", _csv(table)) if self.shape is Shape.CSV else ("june.xlsx", _xlsx(table))

    def __str__(self) -> str:
        where = "in the group" if self.in_group else "in private"
        amounts = ", ".join(f"{line.amount}{' twice' if line.times > 1 else ''}" for line in self.lines)
        poor = "; the system is short of money" if self.poor else ""
        return f"{self.asker.first_name} {where}: {self.command} {self.shape} ({amounts}), then {self.manner}{poor}"


def drawn(chance: Random, town: Town, number: int, amounts: Iterator[int], within: float) -> Sheet:
    via = chance.choices(["nkapsmart", "kpay", "campay", ""], [45, 20, 15, 20])[0]
    phones = CAMEROON if via or chance.random() < 0.7 else CAMEROON[:2] + _ELSEWHERE
    lines = [
        _line(chance, number * 100 + place, amount, phones)
        for place, amount in zip(range(_lines(chance)), amounts, strict=False)
    ]
    rows = [(str(line.amount), line.phone, f"Person {line.number}") for line in lines for _ in range(line.times)]
    rows += chance.sample(_BAD, chance.choice([0, 0, 1, 2]))
    chance.shuffle(rows)
    in_group = chance.random() < 0.15
    return Sheet(
        number=number,
        lines=lines,
        rows=rows,
        shape=chance.choice(list(Shape)),
        via=via,
        asker=chance.choices([town.owner, town.approver, town.cashier, town.accountant], [70, 15, 10, 5])[0],
        in_group=in_group,
        at=chance.uniform(1, within),
        manner=chance.choices(
            [Manner.CONFIRM, Manner.TWICE, Manner.DOUBLED, Manner.RACE, Manner.CHANGE_OF_MIND, Manner.OTHERS],
            [40, 12, 8, 8, 20, 12],
        )[0],
        asked_first=not in_group and chance.random() < 0.25,
        once=chance.random() < 0.5,
        poor=chance.random() < 0.15,
    )


def _lines(chance: Random) -> int:
    """Few, mostly: a storm is to stay short."""
    return min(chance.randint(SMALLEST, LARGEST), chance.randint(SMALLEST, LARGEST))


def _line(chance: Random, number: int, amount: int, phones: Sequence[str]) -> Line:
    times = 2 if chance.random() < 0.12 else 1
    trick = chance.choices(list(Trick), [94, 2, 2, 2])[0] if times == 1 else Trick.NONE
    return Line(number, amount, chance.choice(phones), trick, times)


def _csv(table: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(table)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(table: Sequence[Sequence[str]]) -> bytes:
    book, made, out = Workbook(), io.BytesIO(), io.BytesIO()
    for row in table:
        book.active.append(row)
    book.save(made)
    with ZipFile(made) as stamped, ZipFile(out, "w") as plain:
        for part in stamped.namelist():
            if part != _STAMPED:
                plain.writestr(ZipInfo(part), stamped.read(part))
    return out.getvalue()

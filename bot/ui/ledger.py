"""The accountant's files: payments as XLSX and CSV, written page by page on a worker thread.

Times are the shop's, amounts are numbers, and text stays text, whatever a spreadsheet would make of it.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.payments.figures import Report
from bot.texts import Voice
from bot.ui import cards
from bot.ui.sheets import FORMULA, harmless
from providers.messages import Balance
from providers.money import Money
from storage.ledger import Entry
from storage.models import Payment
from storage.states import State

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Value = str | Decimal | datetime | int | None
_TIME = "yyyy-mm-dd hh:mm:ss"
COLUMNS: dict[str, int] = {
    "ours": 15, "asked": 19, "ended": 19, "kind": 16, "state": 22, "amount": 14, "currency": 9, "fee": 10,
    "told": 12, "phone": 15, "operator": 14, "system": 14, "theirs": 38, "operators": 24, "description": 28, "by": 18,
    "approver": 18, "reconciled": 28, "error": 40,
}  # fmt: skip
"""Their order, and how wide they are in letters."""
TOTALS = {"currency": 12, "received": 16, "count": 10, "sent": 16, "count.sent": 10, "fee": 14, "net": 16}
HOLDINGS = {"system": 18, "pocket": 18, "amount": 16, "currency": 12, "seen": 20}


@dataclass(frozen=True, slots=True)
class Seen:
    """What accounts held at a time: by the system's name."""

    at: datetime
    balances: Mapping[str, Sequence[Balance]] = field(default_factory=dict)


class Ledger:
    """`title_of` names a payment's system, `reconciled` says what its statement says of it."""

    def __init__(self, voice: Voice, title_of: Callable[[Payment], str], reconciled: Callable[[Payment], str]) -> None:
        self._voice = voice
        self._title_of = title_of
        self._reconciled = reconciled
        self._zone = ZoneInfo(voice.timezone)
        from openpyxl import Workbook

        self._book = Workbook(write_only=True)
        self._out = io.StringIO()
        self._csv = csv.writer(self._out, delimiter=";" if voice.language == "fr" else ",", lineterminator="\r\n")
        self._sheet = self._begin("payments", COLUMNS)
        self._csv.writerow(self._names(COLUMNS))
        self.rows = 0

    def add(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            row = self._row(entry)
            self._sheet.append([self._cell(self._sheet, value) for value in row])
            self._csv.writerow([self._written(value) for value in row])
            self.rows += 1

    def close(self, report: Report, seen: Seen) -> tuple[bytes, bytes]:
        """The XLSX, with sheets of sums and of what accounts hold, and the CSV."""
        self._totals(report)
        self._holdings(seen)
        content = io.BytesIO()
        self._book.save(content)
        return content.getvalue(), self._out.getvalue().encode("utf-8-sig")

    def _row(self, entry: Entry) -> list[Value]:
        payment, voice = entry.payment, self._voice
        fee = Money(payment.fee, payment.currency).decimal if payment.fee is not None else None
        said = voice.say("export.told" if payment.fee_told else "export.tariff")
        return [
            payment.id,
            self._local(payment.confirmed_at or payment.created_at),
            self._local(payment.settled_at),
            str(voice.say(f"export.kind.{payment.kind}")),
            cards.state_words(voice, payment).striptags(),
            Money(payment.amount, payment.currency).decimal,
            payment.currency,
            fee,
            str(said) if fee is not None else "",
            f"+{payment.msisdn}" if payment.msisdn else payment.payee,
            payment.operator,
            self._title_of(payment) if payment.provider else "",
            payment.reference,
            payment.operator_reference,
            payment.description,
            entry.asker,
            entry.approver,
            self._reconciled(payment),
            self._why(payment),
        ]

    def _why(self, payment: Payment) -> str:
        if payment.state not in {State.FAILED, State.REVIEW} or not payment.reason:
            return ""
        return self._voice.say(f"reason.{payment.reason}").striptags()

    def _totals(self, report: Report) -> None:
        sheet = self._begin("totals", TOTALS)
        for page in report.pages:
            sums = [Money(minor, page.currency).decimal for minor in (page.came.amount, page.went.amount)]
            cost = [Money(minor, page.currency).decimal for minor in (page.fees, page.net)]
            row: list[Value] = [page.currency, sums[0], page.came.count, sums[1], page.went.count, *cost]
            sheet.append([self._cell(sheet, value) for value in row])

    def _holdings(self, seen: Seen) -> None:
        sheet = self._begin("holdings", HOLDINGS)
        for title, balances in seen.balances.items():
            for one in balances:
                row: list[Value] = [title, one.pocket, one.amount.decimal, one.amount.currency, self._local(seen.at)]
                sheet.append([self._cell(sheet, value) for value in row])

    def _begin(self, name: str, columns: Mapping[str, int]) -> "WriteOnlyWorksheet":
        from openpyxl.utils import get_column_letter

        sheet: WriteOnlyWorksheet = self._book.create_sheet(str(self._voice.say(f"export.sheet.{name}")))
        for number, width in enumerate(columns.values(), 1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.freeze_panes = "A2"
        sheet.append([self._bold(sheet, name) for name in self._names(columns)])
        return sheet

    def _names(self, columns: Iterable[str]) -> list[str]:
        return [str(self._voice.say(f"column.{name}").unescape()) for name in columns]

    def _bold(self, sheet: "WriteOnlyWorksheet", text: str) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font

        cell = WriteOnlyCell(sheet, text)
        cell.font = Font(bold=True)
        return cell

    def _cell(self, sheet: "WriteOnlyWorksheet", value: Value) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        if isinstance(value, datetime):
            cell = WriteOnlyCell(sheet, value)
            cell.number_format = _TIME
            return cell
        if isinstance(value, str):
            return self._text(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
        return value

    def _text(self, sheet: "WriteOnlyWorksheet", text: str) -> Any:
        """What would run as a formula is text to the program that opens it, and to whoever edits it."""
        from openpyxl.cell import WriteOnlyCell

        if not text.startswith(FORMULA):
            return text or None
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell

    def _written(self, value: Value) -> str:
        """A decimal comma where the spreadsheet's language has one."""
        if isinstance(value, Decimal):
            return f"{value:f}".replace(".", "," if self._voice.language == "fr" else ".")
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S")
        return harmless(str(value or ""))

    def _local(self, at: datetime | None) -> datetime | None:
        """Without its zone, which a spreadsheet does not know."""
        return at.astimezone(self._zone).replace(tzinfo=None, microsecond=0) if at else None

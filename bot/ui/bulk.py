"""Takes a sheet of payouts from the chat, as a file or as lines of text, and gives files back."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from markupsafe import Markup
from telegram import Document
from telegram.error import TelegramError

from bot.errors import UserError
from bot.payments.bulk import Sheet, Unpayable
from bot.payments.resends import surely_unpaid
from bot.texts import Voice
from bot.ui import cards, listing, pending, rows, sheets
from bot.ui.rows import COLUMNS, MORE, Rows, Wrong
from bot.ui.sheets import Line
from bot.ui.visit import Visit, explain
from providers.money import Money
from storage.models import Batch, Form, Payment
from storage.states import State

BULK = "bulk"
"""The form that waits for a sheet."""

_WORKBOOK = ".xlsx"
_VIA = re.compile(r"^[ \t]*via[ \t]+(?P<system>[a-z]+)[ \t]*$", re.IGNORECASE | re.MULTILINE)


async def begin(visit: Visit, text: str) -> None:
    """The command: on a file or in reply to one, with lines behind it, or alone: then the sheet is asked for."""
    waiting = await _waiting(visit)
    text, via = _split_via(text)
    via = via or (waiting.answers["via"] if waiting else "")
    replied = visit.answers
    document = visit.message.document or (replied.document if replied else None)
    if not document and not text.strip():
        await _ask(visit, via)
        return
    await pending.drop(visit)
    if document:
        await _read_file(visit, document, via)
    else:
        await _read_text(visit, text, via)


async def awaited(visit: Visit) -> bool:
    """Whether this person was asked for a sheet here."""
    return await _waiting(visit) is not None


async def take_text(visit: Visit, form: Form, text: str) -> None:
    """Lines in answer to the question; what can't be read leaves it open."""
    await _read_text(visit, text, form.answers["via"])
    await pending.drop(visit)


async def _waiting(visit: Visit) -> Form | None:
    form = await pending.current(visit)
    return form if form and form.command == BULK else None


def _split_via(text: str) -> tuple[str, str]:
    found = _VIA.search(text)
    return (_VIA.sub("", text, count=1).lstrip("\n"), found["system"].lower()) if found else (text, "")


async def _ask(visit: Visit, via: str) -> None:
    await pending.put(visit, BULK, {"via": via}, "sheet")
    name, table = visit.voice.say("bulk.template"), template(visit.voice)
    await visit.hand(f"{name}.xlsx", sheets.workbook(table), visit.voice.say("bulk.ask"), asks=True)
    await visit.hand(f"{name}.csv", sheets.write(table, _separator(visit.voice)), visit.voice.say("bulk.ask.csv"))


def template(voice: Voice) -> list[list[str]]:
    """The columns, what belongs into each, and an example; the last two are remarks, which no reader takes for rows."""
    about = [f"{sheets.REMARK} {voice.say(f'template.about.{name}')}" for name in COLUMNS]
    example = [f"{sheets.REMARK} {voice.say(f'template.example.{name}')}" for name in COLUMNS]
    return [_header(voice), about, example]


async def _read_file(visit: Visit, document: Document, via: str) -> None:
    if (document.file_size or 0) > sheets.LARGEST_FILE:
        raise UserError("sheet.too_large", most=sheets.LARGEST_FILE // 1024 // 1024)
    try:
        content = bytes(await (await document.get_file()).download_as_bytearray())
    except TelegramError:
        raise UserError("sheet.not_fetched") from None
    country = visit.member.merchant.country
    lines = await asyncio.to_thread(sheets.read, content)
    if not sheets.fits(lines):
        await _hand_parts(visit, document.file_name or "", lines)
        return
    found = await asyncio.to_thread(rows.from_table, lines, country)
    await _draft(visit, document.file_name or "", found, via)


async def _hand_parts(visit: Visit, title: str, lines: Sequence[Line]) -> None:
    """A sheet too long for one approval comes back as several that are not; each is paid by an answer to it."""
    parts = sheets.parts(lines)
    await asyncio.to_thread(rows.from_table, parts[0], visit.member.merchant.country)  # or none of them can be read
    name = PurePath(title)
    count, most = len(lines) - 1, sheets.MOST_ROWS
    await visit.say(visit.voice.say("sheet.parts", count=count, files=len(parts), most=most))
    for number, part in enumerate(parts, 1):
        caption = visit.voice.say("sheet.part", first=part[1].number, last=part[-1].number)
        await _hand_as(visit, title, f"{name.stem[:60]}-{number}", [line.cells for line in part], caption)


async def _read_text(visit: Visit, text: str, via: str) -> None:
    found = await asyncio.to_thread(rows.from_text, text, visit.member.merchant.country)
    await _draft(visit, str(visit.voice.say("bulk.pasted")), found, via)


async def _draft(visit: Visit, title: str, found: Rows, via: str) -> None:
    """The board shows what can be paid; what can't comes back as a list, and as a file to mend."""
    message = visit.message
    sheet = Sheet(
        PurePath(title).name[:80],
        found.good,
        visit.chat_id,
        message.message_id,
        via,
        [(one.number, one.error) for one in found.wrong],
        lambda error: _said(explain(visit.voice, error)),
    )
    drafted = await visit.counter.bulk.draft(visit.member, sheet)
    wrong = sorted([*found.wrong, *map(_wrong, drafted.unpayable)], key=lambda one: one.number)
    if wrong and not drafted.again:
        await visit.say(*listing.page(visit.voice, drafted.batch, [], 0))
        await _hand_wrong(visit, drafted.batch, wrong)


def _wrong(one: Unpayable) -> Wrong:
    line = one.line
    cells = {
        "amount": line.amount.plain,
        "phone": f"+{line.phone.msisdn}",
        "name": line.name,
        "description": line.description,
        "again": line.again,
    }
    return Wrong(line.number, cells, one.error)


async def _hand_wrong(visit: Visit, batch: Batch, wrong: Sequence[Wrong]) -> None:
    """With every column that the rows had and that is read."""
    voice = visit.voice
    more = [name for name in MORE if any(one.cells.get(name) for one in wrong)]
    names = [*COLUMNS, *more]
    table = [[*(one.cells.get(name, "") for name in names), _said(explain(voice, one.error))] for one in wrong]
    header = [str(voice.say(f"column.{name}")) for name in [*names, "error"]]
    await _hand_table(visit, "bulk.wrong.file", [header, *table], batch, str(voice.say("bulk.template")))


async def show_rows(visit: Visit, batch_id: str) -> None:
    """Every row of the sheet, in a message of its own: the board stays where it is."""
    batch, lines = await visit.counter.bulk.lines(visit.member, batch_id)
    await visit.say(*listing.page(visit.voice, batch, lines, 0))


async def turn_rows(visit: Visit, batch_id: str, which: str, offset: int) -> None:
    batch, lines = await visit.counter.bulk.lines(visit.member, batch_id)
    await visit.show(*listing.page(visit.voice, batch, lines if which == listing.ALL else [], offset))


async def hand_result(visit: Visit, batch_id: str) -> None:
    """Every line as it stands now."""
    batch, lines = await visit.counter.bulk.lines(visit.member, batch_id)
    voice = visit.voice
    names = ["line", *COLUMNS, "state", "error", "system", "ours", "theirs", "at"]
    header = [voice.say(f"column.{name}") for name in names]
    await _hand_table(visit, "bulk.result.file", [header, *(_told(visit, line) for line in lines)], batch, batch.id)


async def hand_failed(visit: Visit, batch_id: str) -> None:
    """The lines that were surely not paid, in the columns that can be sent again. Never one in doubt."""
    batch, lines = await visit.counter.bulk.lines(visit.member, batch_id)
    voice = visit.voice
    unpaid = [line for line in lines if surely_unpaid(line) and (line.state is State.FAILED or line.confirmed_at)]
    if not unpaid:
        raise UserError("bulk.none_failed")
    table = [[*_cells(line), line.id, _said(cards.state_words(voice, line)), _why(voice, line)] for line in unpaid]
    header = [voice.say(f"column.{name}") for name in [*COLUMNS, "again", "state", "error"]]
    await _hand_table(visit, "bulk.again.file", [header, *table], batch, f"{batch.id}-2")


async def _hand_table(visit: Visit, key: str, table: Iterable[Sequence[str]], batch: Batch, name: str) -> None:
    rows = [[str(cell) for cell in row] for row in table]
    await _hand_as(visit, batch.title, name, rows, visit.voice.say(key))


async def _hand_as(visit: Visit, title: str, name: str, rows: Sequence[Sequence[str]], caption: Markup) -> None:
    """A workbook for whoever sent one."""
    if title.lower().endswith(_WORKBOOK):
        content = await asyncio.to_thread(sheets.workbook, rows)
        await visit.hand(f"{name}{_WORKBOOK}", content, caption)
    else:
        await visit.hand(f"{name}.csv", sheets.write(rows, _separator(visit.voice)), caption)


def _told(visit: Visit, line: Payment) -> list[str]:
    voice = visit.voice
    return [
        str(line.line),
        *_cells(line),
        _said(cards.state_words(voice, line)),
        _why(voice, line),
        visit.counter.payments.title(line),
        line.id,
        line.operator_reference or line.reference,
        voice.time(line.settled_at) if line.settled_at else "",
    ]


def _cells(line: Payment) -> list[str]:
    amount = Money(line.amount, line.currency).plain
    return [amount, f"+{line.msisdn}", line.extras.get("name", ""), line.description]


def _why(voice: Voice, line: Payment) -> str:
    if line.state not in {State.FAILED, State.REVIEW} or not line.reason:
        return ""
    return " · ".join(filter(None, [_said(voice.say(f"reason.{line.reason}")), line.detail]))


def _said(text: Markup) -> str:
    return text.striptags()


def _header(voice: Voice) -> list[str]:
    return [str(voice.say(f"column.{name}")) for name in COLUMNS]


def _separator(voice: Voice) -> str:
    """What a spreadsheet in that language takes a CSV to be parted by."""
    return ";" if voice.language == "fr" else ","

"""/review: payments that only people can close, and their buttons."""

from markupsafe import Markup
from telegram import InlineKeyboardMarkup

from bot.commands.base import Command, Tap
from bot.errors import UserError
from bot.payments.approvals import Right
from bot.payments.review import ENDS
from bot.texts import LANGUAGES, Voice
from bot.ui import disputes, verdicts
from bot.ui.visit import Visit
from storage.states import State

_PAGE = 5


async def _review(visit: Visit, text: str) -> None:
    if text:
        await verdicts.show(visit, text.strip().upper())
    else:
        await visit.say(*await _page(visit, 0))


async def _turned(visit: Visit, data: str) -> None:
    await visit.show(*await _page(visit, int(data) if data.isdecimal() and len(data) < 7 else 0))


async def _page(visit: Visit, offset: int) -> tuple[Markup, InlineKeyboardMarkup]:
    found = await visit.counter.reviews.queue(visit.member, limit=_PAGE + 1, offset=offset)
    if not found:
        raise UserError("review.empty")
    items, now = found[:_PAGE], visit.counter.now()
    keyboard = disputes.of_queue(
        visit.voice,
        items,
        older=max(0, offset - _PAGE) if offset else None,
        newer=offset + _PAGE if len(found) > _PAGE else None,
    )
    lines = [disputes.queue_line(visit.voice, item, now) for item in items]
    return Markup("\n\n").join([visit.voice.say("review.title"), *lines]), keyboard


async def _look(visit: Visit, payment_id: str) -> None:
    said = await visit.counter.reviews.look(visit.member, payment_id)
    await visit.say(disputes.advice(visit.voice, said))


async def _pack(visit: Visit, data: str) -> None:
    """A phone in full is for nobody else's eyes."""
    if not visit.private:
        raise UserError("review.in_private")
    payment_id, _, wanted = data.partition(":")
    for file in await visit.counter.reviews.files(visit.member, payment_id):
        language = wanted if wanted in LANGUAGES else file.language
        text = disputes.pack(Voice(language, visit.voice.timezone), file)
        await visit.say(text, disputes.of_pack(visit.voice, payment_id, language))


async def _end(visit: Visit, data: str) -> None:
    payment_id, _, word = data.partition(":")
    if word in ENDS:
        await verdicts.ask_why(visit, await visit.counter.reviews.item(visit.member, payment_id), State(word))


async def _object(visit: Visit, proposal_id: str) -> None:
    await visit.counter.reviews.object(visit.member, proposal_id)
    await visit.show(visit.voice.say("review.objected"))


REVIEW = Command("review", "litiges", _review, Right.SEE_ALL)
REVIEW_TAPS = (
    Tap("review", _turned, Right.SEE_ALL),
    Tap("dispute", verdicts.show, Right.SEE_ALL),
    Tap("look", _look, Right.SEE_ALL),
    Tap("pack", _pack, Right.SEE_ALL),
    Tap("end", _end, Right.DECIDE),
    Tap("agree", verdicts.agree, Right.DECIDE),
    Tap("object", _object, Right.DECIDE),
)

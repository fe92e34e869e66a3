"""Asks an owner for an account's keys, one at a time and in private. What they type is deleted before it is used."""

import structlog
from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.errors import UserError
from bot.payments.connections import KeysRefused, Listed
from bot.texts import Voice
from bot.ui import pending
from bot.ui.visit import Visit, explain
from providers.settings import Question
from storage.models import Form

log = structlog.get_logger()

CONNECT = "connect"
"""The form of somebody who is asked for keys."""

_BREAK = Markup("\n")

Screen = tuple[Markup, InlineKeyboardMarkup]


def of_accounts(voice: Voice, merchant: str, listed: list[Listed], connectable: dict[str, str]) -> Screen:
    lines = [voice.say("connect.title", merchant=merchant), *(_line(voice, one) for one in listed)]
    if not listed:
        lines.append(voice.say("connect.none"))
    rows = [[_button(one.title, f"account:{one.name}")] for one in listed if one.row]
    rows += [
        [_button(_label(voice, "button.connect", title=title), f"connect:{name}")]
        for name, title in connectable.items()
    ]
    return _BREAK.join(lines), InlineKeyboardMarkup(rows)


def _line(voice: Voice, one: Listed) -> Markup:
    if one.row is None:
        return voice.say("connect.line.settled", title=one.title)
    if one.row.closed_at:
        return voice.say("connect.line.closing", title=one.title, count=one.open)
    return voice.say("connect.line", title=one.title, day=voice.day(one.row.created_at))


def of_account(voice: Voice, one: Listed, address: str) -> Screen:
    lines = [_line(voice, one)]
    if address:
        lines.append(voice.say("connect.address", title=one.title, url=address))
    again = [_button(_label(voice, "button.rotate"), f"connect:{one.name}")]
    if one.row and one.row.closed_at is None:
        rows = [[_button(_label(voice, "button.try"), f"try:{one.name}")], again]
        rows.append([_button(_label(voice, "button.disconnect"), f"disconnect:{one.name}")])
    else:
        rows = [again]
    return _BREAK.join(lines), InlineKeyboardMarkup([*rows, [_back(voice)]])


def of_parting(voice: Voice, one: Listed) -> Screen:
    sure = _button(_label(voice, "button.disconnect.sure"), f"disconnected:{one.name}")
    return voice.say("connect.sure", title=one.title, count=one.open), InlineKeyboardMarkup([[sure], [_back(voice)]])


def told(voice: Voice, title: str, about: str | None) -> Markup:
    """What came of a trial."""
    if about is None:
        return voice.say("connect.untried", title=title)
    return voice.say("connect.tried.as", title=title, about=about) if about else voice.say("connect.tried", title=title)


async def begin(visit: Visit, name: str) -> None:
    """The first question. Who proves themselves first has done so."""
    connections = visit.counter.connections
    connections.demand_connectable(visit.member, name)
    connections.seal({})  # without a key to seal with nothing is asked
    await _go_on(visit, name, {}, [])


async def take(visit: Visit, form: Form, text: str) -> None:
    """The answer. Its message goes first, whatever becomes of it."""
    connections, name, word = visit.counter.connections, form.answers["system"], text.strip()
    await forget(visit, word)
    given = connections.unseal(form.sealed)
    if not form.asking:
        raise UserError("connect.complete", title=connections.title(name))
    if not connections.suits(name, form.asking, word):
        raise UserError("connect.bad", title=connections.title(name))
    await _go_on(visit, name, {**given, form.asking: word}, form.answers["passed"])


async def forget(visit: Visit, text: str) -> None:
    """Of a message that carries a key nothing stays, neither in the chat nor, from here on, in the log."""
    visit.counter.connections.learn(text.split())
    try:
        await visit.message.delete()
    except TelegramError as error:
        log.warning("a message with a key could not be deleted", error=type(error).__name__)
        await visit.say(visit.voice.say("connect.delete_it"))


async def skip(visit: Visit, field: str) -> None:
    """The question that is open, if it is this one and can be left out."""
    form, given = await _open(visit)
    question = visit.counter.connections.question(form.answers["system"], given, form.answers["passed"])
    if question is None or question.needed or question.field != field:
        raise UserError("connect.no_question")
    await _go_on(visit, form.answers["system"], given, [*form.answers["passed"], field])


async def finish(visit: Visit) -> None:
    """Nothing beyond what is needed; or the trial again, after the system could not be reached."""
    form, given = await _open(visit)
    name, passed = form.answers["system"], list(form.answers["passed"])
    while question := visit.counter.connections.question(name, given, passed):
        if question.needed:
            raise UserError("connect.no_question")
        passed.append(question.field)
    await _go_on(visit, name, given, passed)


async def _open(visit: Visit) -> tuple[Form, dict[str, str]]:
    form = await pending.current(visit)
    if form is None or form.command != CONNECT or form.merchant_id != visit.member.merchant.id:
        raise UserError("connect.no_question")
    return form, visit.counter.connections.unseal(form.sealed)


async def _go_on(visit: Visit, name: str, given: dict[str, str], passed: list[str]) -> None:
    question = visit.counter.connections.question(name, given, passed)
    await _put(visit, name, given, passed, question.field if question else "")
    if question:
        await visit.say(*_asked(visit, name, question))
    else:
        await _try(visit, name, given)


async def _put(visit: Visit, name: str, given: dict[str, str], passed: list[str], asking: str) -> None:
    """Half-filled keys are sealed like whole ones."""
    sealed = visit.counter.connections.seal(given)
    await pending.put(visit, CONNECT, {"system": name, "passed": passed}, asking, sealed=sealed)


def _asked(visit: Visit, name: str, question: Question) -> tuple[Markup, InlineKeyboardMarkup | None]:
    voice, title = visit.voice, visit.counter.connections.title(name)
    lines = [voice.say("connect.ask" if question.needed else "connect.ask.more", title=title, name=question.name)]
    if voice.knows(hint := f"connect.hint.{name}.{question.field}"):
        lines.append(voice.say(hint))
    if question.example:
        lines.append(voice.say("connect.example", example=question.example))
    lines.append(voice.say("connect.deleted"))
    keyboard = None
    if not question.needed:
        row = [
            _button(_label(voice, "button.skip"), f"skip:{question.field}"),
            _button(_label(voice, "button.enough"), "enough:"),
        ]
        keyboard = InlineKeyboardMarkup([row])
    return _BREAK.join(lines), keyboard


async def _try(visit: Visit, name: str, given: dict[str, str]) -> None:
    """Only what the system took is kept; one that it refused is asked for anew."""
    connections, voice, title = visit.counter.connections, visit.voice, visit.counter.connections.title(name)
    await visit.say(voice.say("connect.trying", title=title))
    try:
        about = await connections.try_out(name, given)
    except KeysRefused as refused:
        await visit.say(explain(voice, refused))
        await _go_on(visit, name, {}, [])
        return
    except UserError as silent:
        again = InlineKeyboardMarkup([[_button(_label(voice, "button.try"), "enough:")]])
        await visit.say(explain(voice, silent), again)
        return
    address = await connections.keep(visit.member, name, given)
    await pending.drop(visit)
    lines = [told(voice, title, about), voice.say("connect.kept", title=title)]
    lines += [voice.say("connect.address", title=title, url=address)] if address else []
    await visit.say(_BREAK.join(lines), InlineKeyboardMarkup([[_back(voice)]]))


def _back(voice: Voice) -> InlineKeyboardButton:
    return _button(_label(voice, "button.accounts"), "accounts:")


def _label(voice: Voice, key: str, **values: object) -> str:
    return voice.say(key, **values).unescape()


def _button(label: str, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=data)

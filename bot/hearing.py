"""What is said without a slash: sure of it, it goes the way of its command; unsure, it is asked back with buttons."""

from dataclasses import replace

from telegram import MessageEntity

from bot.commands import COMMANDS
from bot.commands.base import Command, Tap, obey
from bot.errors import UserError
from bot.payments.phone import parse_phone
from bot.ui import guesses, naming, phrases, words
from bot.ui.beside import phone_beside
from bot.ui.grammar import understand
from bot.ui.meaning import Meaning, Place, Said
from bot.ui.visit import Visit
from storage.models import Form

_COMMANDS = {command.name: command for command in COMMANDS}
_BY_WORD = {words.plain(name): command for command in COMMANDS for name in command.names}
_TAKES_PHONE = {"request", "payout", "airtime", "who"}
_OF_DIGITS = {"amount", "phone", naming.ADD, naming.RENUMBER}
"""Questions whose answer holds a number."""
_TO_DO = ("request", "payout", "who")
"""What can be done with a number alone."""


async def hear(visit: Visit, text: str) -> None:
    """In a group only where it is said to the counter: people there talk to each other."""
    if not visit.private and not _addressed(visit):
        return
    said = _unaddressed(visit, text)
    if visit.message.forward_origin:
        raise UserError("text.forwarded")
    if word := _named(said):
        await obey(word, visit, "")
        return
    meaning = understand(said, Place(visit.member.merchant.country, visit.currency))
    if meaning is None:
        await _chat(visit, said)
        return
    await _act(visit, Meaning(tuple(_completed(visit, one) for one in meaning.choices), meaning.sure))


async def hear_contact(visit: Visit) -> None:
    """A number that somebody shares, with no question open: what shall be done with it?"""
    contact = visit.message.contact
    if contact and (visit.private or _addressed(visit)):
        phone = parse_phone(contact.phone_number, visit.member.merchant.country)
        await guesses.ask(visit, [Said(command, phone=phone) for command in _TO_DO])


async def dropped(visit: Visit, form: Form | None, text: str) -> bool:
    """ "annule" is no answer to an open question but its end."""
    if form is None or form.command == guesses.GUESS:
        return False
    meaning = understand(text, Place(visit.member.merchant.country, visit.currency))
    if meaning is None or meaning.choices != (Said("cancel"),):
        return False
    await obey(_COMMANDS["cancel"], visit, "")
    return True


def turns_away(visit: Visit, form: Form | None, text: str) -> bool:
    """What could not be the amount or the number that was asked for is a whole order of its own."""
    if form is None or form.asking not in _OF_DIGITS:
        return False
    meaning = understand(text, Place(visit.member.merchant.country, visit.currency))
    return _named(text) is not None or (meaning is not None and meaning.sure)


async def _act(visit: Visit, meaning: Meaning) -> None:
    if (
        (said := meaning.choices[0]).name
        and not said.amount
        and not await visit.counter.payees.named(visit.member, said.name)
    ):
        raise UserError("payee.unknown", name=said.name)
    if meaning.sure:
        await obey(_COMMANDS[said.command], visit, said.line)
    else:
        await guesses.ask(visit, meaning.choices)


def _completed(visit: Visit, said: Said) -> Said:
    """The number may stand in the message that this one answers."""
    if said.command not in _TAKES_PHONE or said.phone or said.name:
        return said
    return replace(said, phone=phone_beside(visit))


def _named(text: str) -> Command | None:
    """A command's name without its slash."""
    said = words.split(words.clean(text))
    return _BY_WORD.get(said[0].plain) if len(said) == 1 else None


async def _chat(visit: Visit, text: str) -> None:
    """A greeting is answered in private; in a group nobody waits for it."""
    if kind := phrases.courtesy(words.split(words.clean(text))):
        if visit.private:
            await visit.say(visit.voice.say(f"chat.{kind}", name=visit.member.person.name))
        return
    raise UserError("text.unknown")


def _addressed(visit: Visit) -> bool:
    """Answers one of the bot's messages, or names it."""
    answered, bot = visit.answers, visit.message.get_bot()
    if answered and answered.from_user and answered.from_user.id == bot.id:
        return True
    mentions = visit.message.parse_entities([MessageEntity.MENTION]).values()
    return any(name.casefold() == f"@{bot.username}".casefold() for name in mentions)


def _unaddressed(visit: Visit, text: str) -> str:
    name = f"@{visit.message.get_bot().username}".casefold()
    return " ".join(word for word in text.split() if word.casefold().rstrip(",:") != name)


async def _chosen(visit: Visit, data: str) -> None:
    taken = await guesses.take(visit, data)
    if taken is None:
        return
    # The question was answered once and for all: what comes of it is known by the question's message.
    await obey(_COMMANDS[taken.command], replace(visit, query=None), taken.line)
    await visit.show(visit.voice.say("guess.chosen", choice=" · ".join(filter(None, (taken.label, taken.about)))))


GUESS_TAP = Tap(guesses.GUESS, _chosen)

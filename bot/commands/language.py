"""/language: French or English, for this person everywhere."""

from markupsafe import Markup

from bot.commands.base import Command, Tap
from bot.texts import LANGUAGES, Voice
from bot.ui import keyboards
from bot.ui.visit import Visit
from storage import people


async def _language(visit: Visit, text: str) -> None:
    if text.lower() in LANGUAGES:
        await visit.say(await _choose(visit, text.lower()))
    else:
        await visit.say(visit.voice.say("language.ask"), keyboards.of_languages(visit.voice))


async def _tapped(visit: Visit, language: str) -> None:
    if language in LANGUAGES:
        await visit.show(await _choose(visit, language))


async def _choose(visit: Visit, language: str) -> Markup:
    await visit.counter.storage.run(people.choose_language, visit.member.person.id, language)
    visit.member.person.language = language
    await visit.counter.menu.offer(visit.member)
    return Voice(language, visit.voice.timezone).say("language.chosen")


LANGUAGE = Command("language", "langue", _language)
LANGUAGE_TAP = Tap("language", _tapped)

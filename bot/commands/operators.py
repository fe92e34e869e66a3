"""/operators: which operators work now, as each system that tells sees them."""

from markupsafe import Markup

from bot.commands.base import Command
from bot.errors import UserError
from bot.payments.questions import Answer
from bot.texts import Voice
from bot.ui.visit import Visit
from providers.messages import Service, Verb


async def _operators(visit: Visit, text: str) -> None:
    """Of the shop's country, or of the one behind the command (CI, KE, ...)."""
    country = text.strip().upper()[:2] or visit.member.merchant.country
    answers = await visit.ask_systems(Verb.AVAILABILITY, lambda system: system.availability(country))
    if not answers:
        raise UserError("route.no_accounts")
    parts = [visit.voice.say("operators.title"), *(_system(visit.voice, answer, country) for answer in answers)]
    await visit.say(Markup("\n\n").join(parts))


def _system(voice: Voice, answer: Answer[list[Service]], country: str) -> Markup:
    if answer.error:
        return voice.say("balance.unreachable", title=answer.title)
    if not answer.value:
        return voice.say("operators.no_call", title=answer.title)
    lines = [
        voice.say(
            "operators.line",
            country=voice.country(country),
            operator=service.operator,
            service=voice.say(f"operators.{service.kind}"),
            state=voice.say(f"operators.{service.health}"),
        )
        for service in answer.value
    ]
    return Markup("\n").join([voice.say("operators.system", title=answer.title), *lines])


OPERATORS = Command("operators", "operateurs", _operators)

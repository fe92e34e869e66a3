"""Why a system can't take a payment, in words. Pure."""

from collections.abc import Sequence

from markupsafe import Markup

from bot.payments.routing import Obstacle
from bot.texts import Voice
from providers.messages import Kind

_PASSING = {"route.balance", *(f"route.closed_{kind}" for kind in Kind)}


def all_told(voice: Voice, obstacles: Sequence[Obstacle]) -> Markup:
    """With what to do about them: what passes is worth another try."""
    passing = any(obstacle.key in _PASSING for obstacle in obstacles)
    why = Markup("; ").join(told(voice, one) for one in obstacles)
    return voice.say("route.none_now" if passing else "route.none", why=why)


def told(voice: Voice, obstacle: Obstacle) -> Markup:
    by_country = obstacle.key == "route.country"
    subject = voice.country(str(obstacle.subject)) if by_country else obstacle.subject
    return voice.say("route.why", title=obstacle.title, why=voice.say(obstacle.key, subject=subject))

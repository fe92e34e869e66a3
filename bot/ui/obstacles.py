"""Why a system can't take a payment, in words. Pure."""

from markupsafe import Markup

from bot.payments.routing import Obstacle
from bot.texts import Voice


def told(voice: Voice, obstacle: Obstacle) -> Markup:
    by_country = obstacle.key == "route.country"
    subject = voice.country(str(obstacle.subject)) if by_country else obstacle.subject
    return voice.say("route.why", title=obstacle.title, why=voice.say(obstacle.key, subject=subject))

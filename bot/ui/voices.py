"""In whose language and at whose clock a text is said."""

from bot.texts import Voice, language_for
from storage.models import Merchant, Person
from storage.people import Member


def voice_of(member: Member) -> Voice:
    return voice_for(member.person, member.merchant)


def voice_for(person: Person | None, merchant: Merchant) -> Voice:
    """What the person chose, else what their Telegram speaks, else the merchant's."""
    spoken = (person.language or language_for(person.locale, merchant.language)) if person else merchant.language
    return Voice(spoken, merchant.timezone)


def voice_of_group(merchant: Merchant) -> Voice:
    return voice_for(None, merchant)

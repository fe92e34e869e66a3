"""The number that stands beside a line: in the message it answers, or in a contact that was shared there."""

from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number
from telegram import Message

from bot.errors import UserError
from bot.payments.phone import Phone, parse_phone
from bot.ui.visit import Visit


def phone_beside(visit: Visit) -> Phone | None:
    """One, or none: of several nobody knows which is meant. A button's message answers nothing of the person's."""
    answered = visit.answers
    if answered is None or visit.query:
        return None
    country = visit.member.merchant.country
    found = {phone.msisdn: phone for phone in _phones(answered, country)}
    return next(iter(found.values())) if len(found) == 1 else None


def _phones(message: Message, country: str) -> list[Phone]:
    if message.contact:
        written = [message.contact.phone_number]
    else:
        text = message.text or message.caption or ""
        matches = PhoneNumberMatcher(text, country, leniency=Leniency.VALID)
        written = [format_number(match.number, PhoneNumberFormat.E164) for match in matches]
    return [phone for one in written if (phone := _mobile(one, country))]


def _mobile(text: str, country: str) -> Phone | None:
    try:
        return parse_phone(text, country)
    except UserError:
        return None

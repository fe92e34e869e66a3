"""Phone numbers as people write them."""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from bot.errors import UserError

_PLUS_INSIDE = re.compile(r"\d.*\+", re.DOTALL)
_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}

_CALLED = {
    ("KE", "SAFARICOM"): "MPESA",
    ("SN", "YAS"): "FREE",
    ("GH", "TELECEL"): "VODAFONE",
    ("GH", "AT"): "AIRTEL",
    ("TZ", "VIETTEL"): "HALOPESA",
    ("TG", "TOGO"): "TOGOCOM",
}
"""Where a carrier's wallet, or its former name, is what the systems list."""


@dataclass(frozen=True, slots=True)
class Phone:
    """`msisdn` is the international number in digits. `operator` is read off the prefix: a hint, numbers move."""

    msisdn: str
    country: str
    operator: str


def parse_phone(text: str, home: str) -> Phone:
    """A mobile number, local to the country `home` unless it is written internationally.

    Raises UserError: `phone.unreadable`, `phone.invalid`, `phone.landline`.
    """
    if any(char.isalpha() for char in text) or text.count("+") > 1 or _PLUS_INSIDE.search(text):
        raise UserError("phone.unreadable", text=text)
    try:
        number = phonenumbers.parse(_international(" ".join(text.split()), home), home)
    except NumberParseException:
        raise UserError("phone.unreadable", text=text) from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise UserError("phone.invalid", text=text)
    if phonenumbers.number_type(number) not in _MOBILE:
        raise UserError("phone.landline", text=text)
    msisdn = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    return Phone(msisdn, phonenumbers.region_code_for_number(number) or home, _operator(number))


def _international(text: str, home: str) -> str:
    """00237... and a bare 237... are how people here write +237..."""
    digits = "".join(char for char in text if char.isdigit())
    code = str(phonenumbers.country_code_for_region(home))
    if digits.startswith("00"):
        return "+" + digits[2:]
    if digits.startswith(code) and len(digits) > len(code) + 7:
        return "+" + digits
    return text


def _operator(number: phonenumbers.PhoneNumber) -> str:
    """The carrier's first word in capitals, as the payment systems call it: "MTN Cameroon" is MTN."""
    from phonenumbers import carrier  # every prefix of the world: nine megabytes, which can wait for the first number

    name = carrier.name_for_number(number, "en")
    first = name.split()[0].upper() if name else ""
    return wallet(phonenumbers.region_code_for_number(number) or "", first)


def portable(country: str) -> bool:
    """Whether people there may take their number along to another operator."""
    return phonenumbers.is_mobile_number_portable_region(country)


def wallet(country: str, operator: str) -> str:
    """One name for a wallet that systems and numbering plans call differently: SAFARICOM is MPESA."""
    return _CALLED.get((country, operator), operator)


def pretty(msisdn: str) -> str:
    """+237 6 77 12 34 56, as the country writes it."""
    try:
        number = phonenumbers.parse(f"+{msisdn}")
    except NumberParseException:
        return msisdn
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

"""What KPay serves: 23 operator codes in 12 countries, and the numbers its sandbox knows by heart.

From KPay's own reference (https://kpay.site/documentation/providers, read on 2026-11-21). KPay names a country by
ISO 3166 alpha-3, everybody else here by alpha-2.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """`code` is alpha-3, `iso` alpha-2. `currencies` in KPay's order: two in the Congo, one elsewhere."""

    code: str
    iso: str
    dial: str
    currencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """`name` as the counter calls it; `decimals` are how many an amount may have, None where it depends on the
    direction and KPay does not say on which."""

    code: str
    name: str
    country: Country
    decimals: int | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Number to failure code; SUBMITTED stays open for ever, empty is COMPLETED."""

    deposits: Mapping[str, str]
    payouts: Mapping[str, str]


SUBMITTED = "SUBMITTED"

COUNTRIES = {
    country.code: country
    for country in (
        Country("BEN", "BJ", "229", ("XOF",)),
        Country("CMR", "CM", "237", ("XAF",)),
        Country("CIV", "CI", "225", ("XOF",)),
        Country("COD", "CD", "243", ("CDF", "USD")),
        Country("GAB", "GA", "241", ("XAF",)),
        Country("KEN", "KE", "254", ("KES",)),
        Country("COG", "CG", "242", ("XAF",)),
        Country("RWA", "RW", "250", ("RWF",)),
        Country("SEN", "SN", "221", ("XOF",)),
        Country("SLE", "SL", "232", ("SLE",)),
        Country("UGA", "UG", "256", ("UGX",)),
        Country("ZMB", "ZM", "260", ("ZMW",)),
    )
}

TRANSFER_COUNTRIES = frozenset({"CMR", "GAB", "COG", "SEN", "CIV", "BEN", "KEN", "COD", "UGA", "RWA"})
"""Where the documentation names a zone for transfers between wallets; Zambia and Sierra Leone are in none."""

OPERATORS = {
    operator.code: operator
    for operator in (
        Operator("MTN_MOMO_BEN", "MTN", COUNTRIES["BEN"], 0),
        Operator("MOOV_BEN", "MOOV", COUNTRIES["BEN"], 0),
        Operator("MTN_MOMO_CMR", "MTN", COUNTRIES["CMR"], 0),
        Operator("ORANGE_CMR", "ORANGE", COUNTRIES["CMR"], 0),
        Operator("MTN_MOMO_CIV", "MTN", COUNTRIES["CIV"], 0),
        Operator("ORANGE_CIV", "ORANGE", COUNTRIES["CIV"], 0),
        Operator("VODACOM_MPESA_COD", "VODACOM", COUNTRIES["COD"], None),
        Operator("AIRTEL_COD", "AIRTEL", COUNTRIES["COD"], 2),
        Operator("ORANGE_COD", "ORANGE", COUNTRIES["COD"], 2),
        Operator("AIRTEL_GAB", "AIRTEL", COUNTRIES["GAB"], 2),
        Operator("MPESA_KEN", "MPESA", COUNTRIES["KEN"], None),
        Operator("AIRTEL_COG", "AIRTEL", COUNTRIES["COG"], 0),
        Operator("MTN_MOMO_COG", "MTN", COUNTRIES["COG"], 0),
        Operator("AIRTEL_RWA", "AIRTEL", COUNTRIES["RWA"], 0),
        Operator("MTN_MOMO_RWA", "MTN", COUNTRIES["RWA"], 0),
        Operator("FREE_SEN", "FREE", COUNTRIES["SEN"], 0),
        Operator("ORANGE_SEN", "ORANGE", COUNTRIES["SEN"], 0),
        Operator("ORANGE_SLE", "ORANGE", COUNTRIES["SLE"], 2),
        Operator("AIRTEL_OAPI_UGA", "AIRTEL", COUNTRIES["UGA"], 0),
        Operator("MTN_MOMO_UGA", "MTN", COUNTRIES["UGA"], 2),
        Operator("AIRTEL_OAPI_ZMB", "AIRTEL", COUNTRIES["ZMB"], 2),
        Operator("MTN_MOMO_ZMB", "MTN", COUNTRIES["ZMB"], 2),
        Operator("ZAMTEL_ZMB", "ZAMTEL", COUNTRIES["ZMB"], 2),
    )
}

TEST_NUMBERS = {
    "BEN": Numbers(
        deposits={
            "22951345029": "PAYER_NOT_FOUND",
            "22951345039": "PAYMENT_NOT_APPROVED",
            "22951345069": "UNSPECIFIED_FAILURE",
            "22951345129": SUBMITTED,
            "22951345789": "",
        },
        payouts={
            "22951345089": "RECIPIENT_NOT_FOUND",
            "22951345119": "UNSPECIFIED_FAILURE",
            "22951345129": SUBMITTED,
            "22951345789": "",
        },
    ),
    "CMR": Numbers(
        deposits={
            "237653456019": "PAYER_LIMIT_REACHED",
            "237653456029": "PAYER_NOT_FOUND",
            "237653456039": "PAYMENT_NOT_APPROVED",
            "237653456069": "UNSPECIFIED_FAILURE",
            "237653456129": SUBMITTED,
            "237653456789": "",
        },
        payouts={
            "237653456089": "RECIPIENT_NOT_FOUND",
            "237653456119": "UNSPECIFIED_FAILURE",
            "237653456129": SUBMITTED,
            "237653456789": "",
        },
    ),
    "CIV": Numbers(
        deposits={
            "2250503456029": "PAYER_NOT_FOUND",
            "2250503456039": "PAYMENT_NOT_APPROVED",
            "2250503456069": "UNSPECIFIED_FAILURE",
            "2250503456129": SUBMITTED,
            "2250503456789": "",
        },
        payouts={
            "2250503456089": "RECIPIENT_NOT_FOUND",
            "2250503456119": "UNSPECIFIED_FAILURE",
            "2250503456129": SUBMITTED,
            "2250503456789": "",
        },
    ),
    "COD": Numbers(
        deposits={
            "243813456019": "PAYER_LIMIT_REACHED",
            "243813456029": "PAYER_NOT_FOUND",
            "243813456039": "PAYMENT_NOT_APPROVED",
            "243813456049": "INSUFFICIENT_BALANCE",
            "243813456069": "UNSPECIFIED_FAILURE",
            "243813456129": SUBMITTED,
            "243813456789": "",
        },
        payouts={
            "243813456089": "RECIPIENT_NOT_FOUND",
            "243813456119": "UNSPECIFIED_FAILURE",
            "243813456129": SUBMITTED,
            "243813456789": "",
        },
    ),
    "GAB": Numbers(
        deposits={
            "24174345048": "INSUFFICIENT_BALANCE",
            "24174345068": "UNSPECIFIED_FAILURE",
            "24174345128": SUBMITTED,
            "24174345678": "",
        },
        payouts={
            "24174345088": "RECIPIENT_NOT_FOUND",
            "24174345118": "UNSPECIFIED_FAILURE",
            "24174345128": SUBMITTED,
            "24174345678": "",
        },
    ),
    "KEN": Numbers(
        deposits={
            "254703456019": "PAYER_LIMIT_REACHED",
            "254703456039": "PAYMENT_NOT_APPROVED",
            "254703456049": "INSUFFICIENT_BALANCE",
            "254703456059": "TRANSACTION_ALREADY_IN_PROCESS",
            "254703456069": "UNSPECIFIED_FAILURE",
            "254703456129": SUBMITTED,
            "254703456789": "",
        },
        payouts={
            "254703456089": "RECIPIENT_NOT_FOUND",
            "254703456099": "WALLET_LIMIT_REACHED",
            "254703456109": "RECIPIENT_LIMIT_REACHED",
            "254703456119": "UNSPECIFIED_FAILURE",
            "254703456129": SUBMITTED,
            "254703456789": "",
        },
    ),
    "COG": Numbers(
        deposits={
            "242053456039": "PAYMENT_NOT_APPROVED",
            "242053456049": "INSUFFICIENT_BALANCE",
            "242053456069": "UNSPECIFIED_FAILURE",
            "242053456129": SUBMITTED,
            "242053456789": "",
        },
        payouts={
            "242053456089": "RECIPIENT_NOT_FOUND",
            "242053456119": "UNSPECIFIED_FAILURE",
            "242053456129": SUBMITTED,
            "242053456789": "",
        },
    ),
    "RWA": Numbers(
        deposits={
            "250733456039": "PAYMENT_NOT_APPROVED",
            "250733456049": "INSUFFICIENT_BALANCE",
            "250733456069": "UNSPECIFIED_FAILURE",
            "250733456129": SUBMITTED,
            "250733456789": "",
        },
        payouts={
            "250733456089": "RECIPIENT_NOT_FOUND",
            "250733456119": "UNSPECIFIED_FAILURE",
            "250733456129": SUBMITTED,
            "250733456789": "",
        },
    ),
    "SEN": Numbers(
        deposits={
            "221763456049": "INSUFFICIENT_BALANCE",
            "221763456069": "UNSPECIFIED_FAILURE",
            "221763456129": SUBMITTED,
            "221763456789": "",
        },
        payouts={
            "221763456119": "UNSPECIFIED_FAILURE",
            "221763456129": SUBMITTED,
            "221763456789": "",
        },
    ),
    "SLE": Numbers(
        deposits={
            "23276123456": "",
        },
        payouts={
            "23276123456": "",
        },
    ),
    "UGA": Numbers(
        deposits={
            "256753456019": "PAYER_LIMIT_REACHED",
            "256753456039": "PAYMENT_NOT_APPROVED",
            "256753456049": "INSUFFICIENT_BALANCE",
            "256753456069": "UNSPECIFIED_FAILURE",
            "256753456129": SUBMITTED,
            "256753456789": "",
        },
        payouts={
            "256753456089": "RECIPIENT_NOT_FOUND",
            "256753456099": "WALLET_LIMIT_REACHED",
            "256753456119": "UNSPECIFIED_FAILURE",
            "256753456129": SUBMITTED,
            "256753456789": "",
        },
    ),
    "ZMB": Numbers(
        deposits={
            "260973456019": "PAYER_LIMIT_REACHED",
            "260973456039": "PAYMENT_NOT_APPROVED",
            "260973456049": "INSUFFICIENT_BALANCE",
            "260973456069": "UNSPECIFIED_FAILURE",
            "260973456129": SUBMITTED,
            "260973456789": "",
        },
        payouts={
            "260973456089": "RECIPIENT_NOT_FOUND",
            "260973456119": "UNSPECIFIED_FAILURE",
            "260973456129": SUBMITTED,
            "260973456789": "",
        },
    ),
}


def country_of(msisdn: str) -> Country | None:
    """By the dialling code, none of which begins another."""
    return next((country for country in COUNTRIES.values() if msisdn.startswith(country.dial)), None)


def country(iso: str) -> Country | None:
    """By alpha-2."""
    return next((country for country in COUNTRIES.values() if country.iso == iso), None)


def operators(country: Country) -> list[Operator]:
    return [operator for operator in OPERATORS.values() if operator.country == country]

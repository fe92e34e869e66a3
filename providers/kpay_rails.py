"""Which operators, pages and wallets KPay serves, and within which amounts: https://kpay.site/documentation."""

import re
from dataclasses import replace
from decimal import Decimal

from providers.catalogue.kpay import (
    COUNTRIES,
    OPERATORS,
    TRANSFER_COUNTRIES,
    Country,
    Operator,
    country,
    country_of,
    operators,
)
from providers.errors import Reason, Refused
from providers.messages import Channel, Kind, Order
from providers.money import Money
from providers.sheet import Rail

# Published for the CFA franc of Cameroon's zone alone.
_FLOOR = {Kind.COLLECTION: Money(50, "XAF"), Kind.PAYOUT: Money(100, "XAF")}
_CEILING = {Kind.PAYOUT: Money(500_000, "XAF")}
# Which country's wallet a hosted page draws on is not documented; an application starts with Cameroon's.
PAGE_COUNTRY = COUNTRIES["CMR"]
_ALIASES = {"SAFARICOM": "MPESA", "YAS": "FREE"}  # Kenya's M-Pesa by its owner; Free's name in Senegal since 2025


def operator_of(order: Order) -> Operator:
    """Raises Refused where KPay can't move this money there."""
    place = country(order.country) if order.country else country_of(order.msisdn)
    if place is None:
        raise Refused(Reason.OPERATOR_UNSUPPORTED, "KPay does not serve this country")
    if order.amount.currency != place.currencies[0]:
        raise Refused(Reason.BAD_AMOUNT, f"KPay takes {place.currencies[0]} there, not {order.amount.currency}")
    name = re.sub(r"[^A-Z]", "", order.operator.upper())
    served = operators(place)
    found = [item for item in served if item.name == _ALIASES.get(name, name)]
    if not found and not name and len(served) == 1:
        return served[0]
    if not found:
        raise Refused(Reason.OPERATOR_UNSUPPORTED, f"KPay serves {', '.join(item.name for item in served)} there")
    return found[0]


def wallet(iso: str) -> Country:
    if not (place := country(iso)):
        raise Refused(Reason.NOT_ALLOWED, f"KPay has no wallet in {iso}")
    return place


def rails() -> list[Rail]:
    """All that KPay serves."""
    phones = [_rail(kind, item) for kind in (Kind.COLLECTION, Kind.PAYOUT) for item in OPERATORS.values()]
    pages = [_page_rail(kind) for kind in (Kind.COLLECTION, Kind.PAYOUT)]
    return phones + pages + [replace(pages[0], channel=Channel.LINK)] + _transfer_rails()


def _rail(kind: Kind, operator: Operator) -> Rail:
    currency = operator.country.currencies[0]
    return Rail(
        kind,
        operator.country.iso,
        currency,
        operator.name,
        minimum=_least(kind, currency),
        maximum=_most(kind, currency),
        # Whole amounts pass in both directions, whichever of them it is that has no decimals.
        multiple=Money.from_decimal(Decimal(1), currency) if operator.decimals is None else None,
        code=operator.code,
    )


def _page_rail(kind: Kind) -> Rail:
    currency = PAGE_COUNTRY.currencies[0]
    least, most = _least(kind, currency), _most(kind, currency)
    return Rail(kind, PAGE_COUNTRY.iso, currency, channel=Channel.PAGE, minimum=least, maximum=most, code="GATEWAY")


def _transfer_rails() -> list[Rail]:
    """Each wallet holds its country's money; what arrives in another one is changed at the rate of the moment."""
    served = {place.iso for place in COUNTRIES.values() if place.code in TRANSFER_COUNTRIES}
    return [
        Rail(Kind.TRANSFER, place.iso, place.currencies[0], targets=frozenset(served - {place.iso}), code="WALLET")
        for place in COUNTRIES.values()
        if place.iso in served
    ]


def _least(kind: Kind, currency: str) -> Money | None:
    return _FLOOR[kind] if currency == "XAF" else None


def _most(kind: Kind, currency: str) -> Money | None:
    return _CEILING.get(kind) if currency == "XAF" else None

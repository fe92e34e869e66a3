"""The ways by which one merchant can move money: the ids handed out to it, joined with what the brand lists."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from providers.catalogue.unipesa import Catalogue, Flow, Listing, Number
from providers.errors import Misconfigured, Reason, Refused
from providers.messages import Channel, Kind, Order
from providers.money import Money
from providers.sheet import Rail
from providers.unipesa.settings import HandedOut, Limit, UnipesaSettings

SIDES = {Kind.COLLECTION: "c2b", Kind.PAYOUT: "b2c"}
ACCOUNT = "account_number"
"""Asked of the payee, and sent as the customer instead of a phone number."""
RETURN_URL = "return_url"
"""Ours to give, from a setting: nobody is asked."""

_DOCUMENTS = {"intl_passport", "driving_license", "national_id"}


@dataclass(frozen=True, slots=True)
class Way:
    """One id in one direction. `maybe` are extras that are passed on where somebody gave them."""

    id: int
    kind: Kind
    country: str
    currency: str
    code: str
    operator: str
    listing: Listing
    minimum: Money | None
    maximum: Money | None
    multiple: Money | None
    extras: tuple[str, ...]
    maybe: tuple[str, ...]

    @property
    def channel(self) -> Channel:
        return Channel(self.listing.channel)

    @property
    def names(self) -> set[str]:
        """What its operator is called, by the setting, the catalogue and the numbering plan."""
        return {self.operator, self.listing.operator, self.listing.plan} - {""}

    @property
    def for_any(self) -> bool:
        """A bank account has no network, and a wallet like Wave takes every number where the setting says so."""
        return self.channel is not Channel.MOBILE or not self.operator

    @property
    def code_by_status(self) -> bool:
        """Whether the payer's code is handed in after the order."""
        return self.kind is Kind.COLLECTION and self.listing.flow is Flow.OTP_STATUS and "otp" not in self.extras

    def rail(self) -> Rail:
        return Rail(
            kind=self.kind,
            country=self.country,
            currency=self.currency,
            operator="" if self.for_any else self.listing.plan or self.operator,
            channel=self.channel,
            minimum=self.minimum,
            maximum=self.maximum,
            multiple=self.multiple,
            extras=tuple(name for name in self.extras if name != RETURN_URL),
            dial=self.listing.dial if "otp" in self.extras else "",
            code=str(self.id),
        )

    def objection(self, amount: Money) -> Refused | None:
        """Before anything is sent: no code is documented for these refusals, so theirs would leave us in doubt."""
        if amount.currency != self.currency:
            return Refused(Reason.BAD_AMOUNT, f"{self.id} moves {self.currency}, not {amount.currency}")
        if self.minimum and amount.minor < self.minimum.minor:
            return Refused(Reason.BAD_AMOUNT, f"at least {self.minimum.plain} {self.currency}")
        if self.maximum and amount.minor > self.maximum.minor:
            return Refused(Reason.LIMIT_REACHED, f"at most {self.maximum.plain} {self.currency}")
        if self.multiple and amount.minor % self.multiple.minor:
            return Refused(Reason.BAD_AMOUNT, f"a multiple of {self.multiple.plain} {self.currency}")
        return None

    def customer(self, order: Order) -> str:
        if ACCOUNT in self.extras:
            return order.extras.get(ACCOUNT, "").strip()
        number = self.written(order.msisdn)
        if self.listing.phone and not re.fullmatch(self.listing.phone, number):
            raise Refused(Reason.BAD_PHONE, f"no number of {self.operator or 'this operator'} in {self.country}")
        return number

    def written(self, msisdn: str) -> str:
        match self.listing.number:
            case Number.TRUNK:
                return "0" + msisdn.removeprefix(self.code)
            case Number.NATIONAL:
                return msisdn.removeprefix(self.code)
        return msisdn

    def beyond(self, order: Order, return_url: str) -> dict[str, str]:
        """What goes out beside the number, without what this id does not want."""
        given = {RETURN_URL: return_url, **{name: value.strip() for name, value in order.extras.items()}}
        if lacking := [name for name in self.extras if not given.get(name)]:
            raise Refused(Reason.OTHER, f"needed as well: {', '.join(lacking)}")
        if given.get("customer_doc_type", "national_id") not in _DOCUMENTS:
            raise Refused(Reason.OTHER, f"customer_doc_type is one of {', '.join(sorted(_DOCUMENTS))}")
        return {name: given[name] for name in (*self.extras, *self.maybe) if name != ACCOUNT and given.get(name)}


def ways(settings: UnipesaSettings, catalogue: Catalogue) -> list[Way]:
    return [
        way
        for handed_out in settings.handed_out
        for kind in SIDES
        if (way := _way(handed_out, kind, settings, catalogue))
    ]


def choose(offered: Sequence[Way], kind: Kind, country: str, order: Order) -> Way:
    """The first of the operator's that takes the amount, in the order of the setting."""
    here = [way for way in offered if (way.kind, way.country, way.channel) == (kind, country, order.channel)]
    named = [way for way in here if order.operator.upper() in way.names] or [way for way in here if way.for_any]
    if not order.operator and len({way.operator for way in here}) == 1:
        named = here
    if not named:
        raise Refused(Reason.OPERATOR_UNSUPPORTED, f"no id for {order.operator or 'any operator'} in {country or '?'}")
    objections = []
    for way in named:
        if (objection := way.objection(order.amount)) is None:
            return way
        objections.append(objection)
    raise objections[0]


def _way(handed_out: HandedOut, kind: Kind, settings: UnipesaSettings, catalogue: Catalogue) -> Way | None:
    listing = catalogue.find(handed_out.id, handed_out.country, handed_out.operator)
    if listing.country not in ("", handed_out.country):
        raise Misconfigured(f"id {handed_out.id} is listed under {listing.country}, not {handed_out.country}")
    country = catalogue.countries.get(handed_out.country)
    if country is None:
        raise Misconfigured(f"{handed_out.country} is no country of this system")
    where = (handed_out.id, SIDES[kind])
    side = listing.c2b if kind is Kind.COLLECTION else listing.b2c
    if side is None:
        return None
    limit = settings.agreed_limits.get(where) or Limit(side.minimum, side.maximum, None)

    def money(amount: Decimal | None) -> Money | None:
        try:
            return None if amount is None else Money.from_decimal(amount, country.currency)
        except ValueError as error:
            raise Misconfigured(f"a limit of id {handed_out.id}: {error}") from None

    return Way(
        handed_out.id, kind, handed_out.country, country.currency, country.code, handed_out.operator, listing,
        money(limit.minimum), money(limit.maximum), money(limit.multiple or listing.multiple),
        settings.agreed_extras.get(where, side.extras), side.maybe,
    )  # fmt: skip

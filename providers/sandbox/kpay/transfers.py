"""Money between the merchant's own wallets, one for each country, and the rates it is changed at."""

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from providers.catalogue.kpay import COUNTRIES, TRANSFER_COUNTRIES, Country
from providers.money import EXPONENTS, Money
from providers.sandbox.accounts import Short, inside
from providers.sandbox.kpay import checks, records
from providers.sandbox.kpay.charges import SYSTEM, account
from providers.sandbox.kpay.checks import Refusal
from providers.sandbox.kpay.settings import KPaySettings
from providers.sandbox.world import World

LEAST, MOST = 100, 10_000_000
_TABLE = "CREATE TABLE IF NOT EXISTS kpay_transfers (external_id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID"
_FLOAT = 10**15


class Transfers:
    def __init__(self, world: World) -> None:
        self._world = world
        world.store.run(_TABLE)
        for country in COUNTRIES.values():  # the bank that changes one money for another never runs dry
            world.accounts.open(_exchange(country.currencies[0]), _FLOAT)

    @property
    def _kpay(self) -> KPaySettings:
        return self._world.settings.kpay

    def make(self, body: dict[str, Any], application_id: str) -> dict[str, Any]:
        if checks.text(body, "applicationId", required=True) != application_id:
            raise Refusal("This application is not yours", 403)
        source, target = _country(body, "sourceCountry"), _country(body, "destinationCountry")
        if source == target:
            raise Refusal("sourceCountry and destinationCountry must differ")
        given = source.currencies[0]
        amount = checks.amount(body, given, 2)
        if not LEAST <= Money(amount, given).decimal <= MOST:
            raise Refusal(f"amount must be between {LEAST} and {MOST} {given}")
        external_id = checks.text(body, "externalId") or str(self._world.ids())
        if self._world.store.row("SELECT 1 FROM kpay_transfers WHERE external_id = ?", external_id):
            raise Refusal("externalId is used by an active transfer", 409)
        return self._move(source, target, amount, external_id, checks.text(body, "description"))

    def rate(self, base: str, quote: str) -> Decimal:
        known = self._kpay.per_xaf
        if base not in known or quote not in known:
            raise Refusal("Unknown currency")
        if base == quote:
            return Decimal(1)
        return (Decimal(known[quote]) / Decimal(known[base])).quantize(Decimal("0.0001"), ROUND_HALF_UP).normalize()

    def _move(self, source: Country, target: Country, amount: int, external_id: str, words: str) -> dict[str, Any]:
        given, taken = source.currencies[0], target.currencies[0]
        rate = self.rate(given, taken)
        arrives = _changed(Money(amount, given), rate, taken)
        goes = records.whole(amount, given)
        told = self._told(source, target, amount, arrives, rate, external_id, words)
        try:
            with self._world.store.change():
                if given == taken:
                    self._world.accounts.move(goes, account(source, given), account(target, taken))
                else:
                    self._world.accounts.move(goes, account(source, given), _exchange(given))
                    self._world.accounts.move(records.whole(arrives, taken), _exchange(taken), account(target, taken))
                self._world.store.run("INSERT INTO kpay_transfers VALUES (?, ?)", (external_id, json.dumps(told)))
                self._world.events.tell("transfer", system=SYSTEM, **told)
        except Short:
            raise Refusal("Insufficient wallet balance", 422) from None
        return told

    def _told(
        self, source: Country, target: Country, amount: int, arrives: int, rate: Decimal, external_id: str, words: str
    ) -> dict[str, Any]:
        gone, come = str(self._world.ids()), str(self._world.ids())
        suffix = gone[-6:].upper()
        return {
            "id": gone,
            "sourceTransaction": _side(gone, f"TRF-OUT-{suffix}", "WALLET_TRANSFER_OUT", amount, source),
            "destinationTransaction": _side(come, f"TRF-IN-{suffix}", "WALLET_TRANSFER_IN", arrives, target),
            "exchangeRate": plain(rate),
            "description": words or None,
            "externalId": external_id,
            "createdAt": records.stamp(self._world.clock()),
        }


def plain(rate: Decimal) -> int | float:
    return int(rate) if rate == int(rate) else float(rate)


def _changed(amount: Money, rate: Decimal, currency: str) -> int:
    value = amount.decimal * rate
    return int(value.scaleb(EXPONENTS[currency]).quantize(Decimal(1), ROUND_HALF_UP))


def _exchange(currency: str) -> str:
    return inside(SYSTEM, "exchange", currency)


def _country(body: dict[str, Any], name: str) -> Country:
    code = checks.text(body, name, required=True)
    if code not in TRANSFER_COUNTRIES:
        raise Refusal(f"No wallet for {code}", 404)
    return COUNTRIES[code]


def _side(entry_id: str, reference: str, kind: str, minor: int, country: Country) -> dict[str, Any]:
    currency = country.currencies[0]
    return {
        "id": entry_id,
        "reference": reference,
        "type": kind,
        "amount": records.number(minor, currency),
        "currency": currency,
        "country": country.code,
    }

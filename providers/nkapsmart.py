"""Nkapsmart, Cameroon: mobile money, banks and USDT, in francs CFA.

https://nkapsmart.cm/en/documentation, read on 2026-11-21. Paths are misspelt there, and hence here.

Quirks
* No request has a field for a key of ours, and there is no list: an order whose answer was lost can't be found.
  Our key travels in productName or description, so that a record says whose it is.
* What the creating calls answer is not documented. A reference is taken from it, never the end of a payment.
* The record of one payment carries the payer's whole history and, in it, the merchant's own account with a
  password hash. KEPT names what is read; nothing else gets past `_record`.
* "Completed" is said of a batch with a failure in it: its counts decide.
* `operator` is a number that nobody explains: it comes from the settings, or no payout is sent.
* For mobile and bank the look has a hash in its path that such payments don't have (`_Tail`).
"""

import asyncio
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

import structlog

from providers import nkapsmart_records as records
from providers.addresses import flaw, is_hash
from providers.base import Clock, Provider
from providers.client import Client, Reply, json_object
from providers.errors import BadCallback, MaybeSent, Misconfigured, ProviderError, Reason, Refused
from providers.fields import loose
from providers.messages import Callback, CallbackRequest, Channel, Kind, Lookup, Order, Outcome, Report
from providers.money import Money
from providers.nkapsmart_auth import Token
from providers.nkapsmart_records import STATUS, XAF
from providers.nkapsmart_settings import PAYER, NkapsmartSettings
from providers.sheet import Coverage, Pace, Rail, Sheet

__all__ = ["STATUS", "Nkapsmart"]

BULK_MOST: Final = 100

_V2: Final = "/api/v2/TransactionSecond"
COLLECT: Final = f"{_V2}/mobile"
BANK: Final = "/api/Transaction/bank"
CRYPTO: Final = f"{_V2}/crypto"
PAYOUT: Final = f"{_V2}/mobile/widraw"
CRYPTO_PAYOUT: Final = f"{_V2}/crypto/widraw"
BULK: Final = f"{_V2}/mobile/withdraw/bulk"
BULK_STATUS: Final = f"{_V2}/mobile/widraw/bulk"
VERIFY: Final = f"{_V2}/verify"

_CAMEROON = re.compile(r"237([0-9]{9})")
# A regular customer's history, with the merchant's record at each line of it.
_RECORD_CAP = 16 * 2**20
_BATCH_AGE = timedelta(seconds=5)

log = structlog.get_logger()


class Nkapsmart(Provider):
    name = "nkapsmart"
    sheet = Sheet(
        title="Nkapsmart",
        coverage=(Coverage("CM", XAF, frozenset({"MTN", "ORANGE"})),),
        pace=Pace(first=timedelta(seconds=5), closest=timedelta(seconds=5), silence=timedelta(0)),
        knows_operator=frozenset({Kind.COLLECTION}),
        finds_lost=False,
        speaks="fr",
    )

    Settings: TypeAlias = NkapsmartSettings
    settings: Settings

    def __init__(self, settings: Settings, client: Client, now: Clock) -> None:
        super().__init__(settings, client, now)
        if lacking := settings.missing():
            raise Misconfigured("missing: " + ", ".join(lacking))
        client.auth = Token(settings.api_key, settings.secret_key, now)
        self._tails: tuple[str, ...] = ("", "/none")
        self._batches: dict[str, tuple[datetime, records.Batch]] = {}
        self._reading = asyncio.Lock()

    async def check(self) -> str:
        """Nothing but a payment can be asked for. Any answer about one that is none proves the keys."""
        try:
            await self._look(f"{VERIFY}/check")
        except MaybeSent as error:
            if not error.code.isdigit():
                raise
        return ""

    def rails(self) -> Sequence[Rail]:
        rails = [Rail(Kind.COLLECTION, "CM", XAF, operator) for operator in ("MTN", "ORANGE")]
        rails += [Rail(Kind.PAYOUT, "CM", XAF, operator) for operator in self.settings.operators]
        rails.append(Rail(Kind.COLLECTION, "CM", XAF, channel=Channel.BANK))
        for network, code in self.settings.networks.items():
            common: dict[str, Any] = {
                "country": "CM",
                "currency": self.settings.crypto_currency,
                "operator": network,
                "channel": Channel.CRYPTO,
                "code": code,
            }
            rails.append(Rail(Kind.PAYOUT, extras=("address",), **common))
            if wallet := self.settings.wallets.get(network):
                rails.append(Rail(Kind.COLLECTION, extras=("address",) if wallet == PAYER else (), **common))
        return rails

    async def collect(self, order: Order) -> Report:
        match order.channel:
            case Channel.MOBILE:
                body = {
                    **self._collected(order),
                    "phoneNumber": _local(order.msisdn),
                    "description": records.words(order),
                }
                return records.created(await self._send(COLLECT, body, order.amount, XAF), order)
            case Channel.BANK:
                back = self.settings.return_url
                pages = _given(SuccessUrl=back, CancelUrl=back)
                body = {**self._collected(order), **_phone(order), "Description": records.words(order), **pages}
                return records.created(await self._send(BANK, body, order.amount, XAF), order)
            case Channel.CRYPTO:
                return await self._collect_crypto(order)
        raise Misconfigured(f"Nkapsmart collects nothing by {order.channel}")

    async def payout(self, order: Order) -> Report:
        if order.channel is Channel.CRYPTO:
            return await self._pay_crypto(order)
        if order.channel is not Channel.MOBILE:
            raise Misconfigured(f"Nkapsmart pays nothing out by {order.channel}")
        self._may_pay_out()
        operator = self.settings.operators.get(order.operator.upper())
        if operator is None:
            raise Refused(Reason.OPERATOR_UNSUPPORTED, "NKAPSMART_OPERATORS has no number for this operator")
        body = {
            "phoneNumber": _local(order.msisdn),
            **self._common(order),
            "description": records.tag(order),
            **_given(recieverName=order.extras.get("name")),
            "operator": operator,
        }
        return records.created(await self._send(PAYOUT, body, order.amount, XAF), order)

    async def bulk_payout(self, orders: list[Order]) -> list[Report]:
        """One report for each order, in their order. Raises only where all lines share one fate.

        Batches go out one after the other; the first that breaks is the last, and what follows it was not sent.
        """
        self._may_pay_out()
        reports = {order.key: told for order in orders if (told := _unsayable(order))}
        lines = [order for order in orders if order.key not in reports]
        batches = [lines[at : at + BULK_MOST] for at in range(0, len(lines), BULK_MOST)]
        for number, batch in enumerate(batches):
            try:
                reports |= await self._batch(batch)
            except ProviderError as error:
                doubt = isinstance(error, MaybeSent)
                if number == 0 and (not doubt or len(batch) == len(orders)):
                    raise
                outcome = Outcome.UNKNOWN if doubt else Outcome.FAILED
                reports |= {order.key: Report(outcome, reason=error.reason, detail=error.detail) for order in batch}
                break
        return [reports.get(order.key, _NOT_SENT) for order in orders]

    async def status(self, lookup: Lookup) -> Report:
        """No call where none can help: without a reference, and for crypto without the transaction's hash.

        The hash of what a payer sent is in the extras ("hash"): only the payer knows it.
        """
        if found := records.LINE.fullmatch(lookup.reference):
            return (await self._read_batch(found[1])).line(lookup, int(found[2]), found[3])
        crypto = lookup.channel is Channel.CRYPTO  # there the hash may have come with the first answer
        key, _, known = lookup.reference.partition("/") if crypto else (lookup.reference, "", "")
        if not records.REFERENCE.fullmatch(key):
            return Report(Outcome.UNKNOWN, detail="Nkapsmart can't be asked about a payment without its reference")
        if not crypto:
            reply = await self._verify(key)
            return records.told(reply, lookup, key) if reply else Report(Outcome.UNKNOWN)
        ash = lookup.extras.get("hash", "").strip() or known
        if not is_hash(ash):  # a deposit that nobody told of is one that is still waited for
            outcome = Outcome.PENDING if lookup.kind is Kind.COLLECTION else Outcome.UNKNOWN
            return Report(outcome, detail="Nkapsmart needs the hash of the transaction to look at it")
        return records.told(await self._look(f"{VERIFY}/{key}/{ash}"), lookup, key, ash)

    async def bulk_status(self, reference: str) -> list[Report]:
        """`reference` is any line's, or the batch's own. Lines that the answer does not list are left out."""
        found = records.LINE.fullmatch(reference)
        if not found and not records.REFERENCE.fullmatch(reference):
            return []
        batch = await self._read_batch(found[1] if found else reference)
        return batch.reports(int(found[2]) if found else batch.total)

    def parse_callback(self, request: CallbackRequest) -> Callback:
        """Nkapsmart does not sign. A secret in the address that it was given is all that tells it from others."""
        token = self.settings.callback_token
        if not token:
            raise BadCallback("no callback token is configured")
        if not hmac.compare_digest(request.query.get("token", "").encode(), token.get_secret_value().encode()):
            raise BadCallback("the token is not ours")
        record = records.kept(json_object(request.body) or {})
        reference = loose(record, "transactionKey")
        if not records.REFERENCE.fullmatch(reference):
            raise BadCallback("no reference")
        word = loose(record, "transactionStatus")
        return Callback(reference, records.echoed(record), word, STATUS.get(word.upper(), Outcome.UNKNOWN))

    async def _collect_crypto(self, order: Order) -> Report:
        """`paymentAddress` is the address that receives, says the page of the request; the sender's, says the reply's.

        So the owner decides in NKAPSMART_WALLETS which of the two is told.
        """
        network, code = self._network(order)
        wallet = self.settings.wallets.get(network)
        if not wallet:
            raise Misconfigured(f"crypto collections are off: name a wallet for {network} in NKAPSMART_WALLETS")
        address = _checked(network, order.extras.get("address", "") if wallet == PAYER else wallet)
        body = {
            **self._collected(order),
            **_phone(order),
            "description": records.words(order),
            "payCurrency": code,
            "paymentAddress": address,
        }
        reply = await self._send(CRYPTO, body, order.amount, self.settings.crypto_currency)
        step = records.deposit(reply, network, address, tells_payer=wallet == PAYER)
        return replace(records.created(reply, order), step=step)

    async def _pay_crypto(self, order: Order) -> Report:
        network, code = self._network(order)
        body = {
            "phoneNumber": _local(order.msisdn),
            **self._common(order),
            "description": records.tag(order),
            "payCurrency": code,
            "payeeAddress": _checked(network, order.extras.get("address", "")),
        }
        reply = await self._send(CRYPTO_PAYOUT, body, order.amount, self.settings.crypto_currency)
        return records.created(reply, order)

    async def _batch(self, orders: Sequence[Order]) -> dict[UUID, Report]:
        lines = [
            {
                "phoneNumber": _local(order.msisdn),
                "amount": order.amount.whole,
                **_given(email=order.extras.get("email"), recieverName=order.extras.get("name")),
                "description": records.tag(order),
            }
            for order in orders
        ]
        body = {"applicationKey": self._application_key(), "transactions": lines}
        batch = records.batch_reference(await self._post(BULK, json.dumps(body, ensure_ascii=False).encode()))
        return {
            order.key: Report(Outcome.PENDING, records.line(batch, len(orders), str(order.key))) for order in orders
        }

    async def _send(self, path: str, body: Mapping[str, Any], amount: Money, unit: str | None) -> Reply:
        if amount.currency != unit:
            raise Refused(Reason.BAD_AMOUNT, f"Nkapsmart takes {unit} here, not {amount.currency}")
        # A JSON number with all its digits, written by hand: json knows only floats.
        head = f'{{"amount": {amount.plain}, '
        return await self._post(path, head.encode() + json.dumps(body, ensure_ascii=False).encode()[1:])

    async def _post(self, path: str, content: bytes) -> Reply:
        try:
            reply = await self.client.post(path, content)
        except Misconfigured as error:
            # What a payout gets when the balance is too low, and a key that may not do this.
            if error.code == "403" and records.is_short(error.detail):
                raise Refused(Reason.BALANCE_TOO_LOW, error.detail, code="403") from None
            if error.code == "403" and not error.detail:
                raise Misconfigured("the balance may be too low, or the key may not do this", code="403") from None
            raise
        if not reply.ok:
            raise records.refusal(reply)
        return reply

    async def _verify(self, key: str) -> Reply | None:
        """Of mobile and bank. Their path ends in a hash that they don't have: left out, or filled, as is found."""
        for tail in self._tails:
            try:
                reply = await self._look(f"{VERIFY}/{key}{tail}")
            except MaybeSent as error:
                if error.code != "404":
                    raise
                continue
            if reply.status != 404:
                self._tails = (tail, *(other for other in self._tails if other != tail))
                return reply
        return None

    async def _look(self, path: str) -> Reply:
        return await self.client.get(path, cap=_RECORD_CAP)

    async def _read_batch(self, reference: str) -> records.Batch:
        """One reading serves all lines for five seconds, the least that Nkapsmart asks for between two."""
        async with self._reading:
            for known, (at, _) in list(self._batches.items()):
                if not timedelta(0) <= self.now() - at < _BATCH_AGE:
                    del self._batches[known]
            if reference not in self._batches:
                reply = await self._look(f"{BULK_STATUS}/{reference}")
                if not reply.ok:
                    raise MaybeSent(records.sentence(reply.body), code=str(reply.status))
                self._batches[reference] = (self.now(), records.Batch.read(reference, reply.body))
            return self._batches[reference][1]

    def _may_pay_out(self) -> None:
        if not self.settings.operators:
            raise Misconfigured(
                "payouts are off: Nkapsmart does not publish its operators' numbers. Ask for them, "
                "then set NKAPSMART_OPERATORS, for example MTN=0,ORANGE=1"
            )

    def _network(self, order: Order) -> tuple[str, str]:
        if not self.settings.networks:
            raise Misconfigured(
                "crypto is off: Nkapsmart does not publish its networks' codes. Ask for them, "
                "then set NKAPSMART_NETWORKS, for example TRON=code"
            )
        network = (order.extras.get("network") or order.operator).upper()
        if network not in self.settings.networks:
            raise Refused(Reason.OPERATOR_UNSUPPORTED, "NKAPSMART_NETWORKS has no code for this network")
        return network, self.settings.networks[network]

    def _common(self, order: Order) -> dict[str, str]:
        email = order.extras.get("email") or self.settings.email
        return {"email": email, "applicationKey": self._application_key()}

    def _collected(self, order: Order) -> dict[str, str]:
        """A collection has two fields for words: one for the payer, one for our key."""
        return {**self._common(order), "productName": str(order.key)}

    def _application_key(self) -> str:
        key = self.settings.application_key or self.settings.api_key
        return key.get_secret_value() if key else ""


_NOT_SENT = Report(Outcome.FAILED, reason=Reason.UNREACHABLE, detail="not sent: an earlier batch broke")


def _local(msisdn: str) -> str:
    """Nine digits, without the country's code."""
    found = _CAMEROON.fullmatch(msisdn)
    if not found:
        raise Refused(Reason.BAD_PHONE, "Nkapsmart serves numbers of Cameroon only")
    return found[1]


def _phone(order: Order) -> dict[str, str]:
    """Where it is optional, a number from elsewhere is left out."""
    found = _CAMEROON.fullmatch(order.msisdn)
    return {"phoneNumber": found[1]} if found else {}


def _given(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _checked(network: str, address: str) -> str:
    if wrong := flaw(network, address):
        raise Refused(Reason.PAYEE_NOT_FOUND, wrong.words)
    return address


def _unsayable(order: Order) -> Report | None:
    """A line that can't be said must not take the others with it."""
    if not _CAMEROON.fullmatch(order.msisdn):
        return Report(Outcome.FAILED, reason=Reason.BAD_PHONE, detail="Nkapsmart serves numbers of Cameroon only")
    if order.amount.currency != XAF:
        return Report(Outcome.FAILED, reason=Reason.BAD_AMOUNT, detail=f"Nkapsmart takes {XAF} here")
    return None

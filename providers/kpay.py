"""KPay: mobile money of twelve countries, by the phone or by a page that KPay hosts.

https://kpay.site/documentation, read on 2026-11-21.

Quirks
* One host for test and live: the prefix of the API key decides.
* The operator's code says country and currency; no request has a field for the currency. In the Congo, where one
  code serves francs and dollars, only francs are sent: that is what its wallet is kept in.
* A payout's commission is taken out of the amount: the payee gets what is left.
* 409 is an externalId still in use, so the first request was taken. No look-up by our key: only a webhook tells
  its id afterwards.
* A refund gives back the whole amount and can't be asked about: its payment becomes REFUNDED. A transfer is done
  when it is answered.
* The return from a hosted page names KPay's reference, not the id that the status is asked by.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, DecimalException
from typing import Any, Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field, SecretStr

from providers import kpay_replies as replies
from providers.base import Clock, Provider, Trial
from providers.budget import Budget, Rank
from providers.catalogue.kpay import (
    COUNTRIES,
    operators,
)
from providers.client import Client, Reply, json_object, said
from providers.errors import BadCallback, MaybeSent, Misconfigured, NotSent, Reason, Refused
from providers.fields import Unreadable, loose, text
from providers.kpay_auth import Auth
from providers.kpay_rails import operator_of, rails, wallet
from providers.messages import (
    REFUND_OF,
    Balance,
    Callback,
    CallbackRequest,
    Channel,
    Kind,
    Link,
    LinkOrder,
    Lookup,
    Order,
    Outcome,
    RefundOrder,
    Report,
    Service,
    TransferOrder,
)
from providers.money import Money
from providers.redaction import quoted
from providers.settings import ProviderSettings, WebAddress
from providers.sheet import Coverage, Pace, Rail, Sheet

STATUS = replies.STATUS

# https://kpay.site/documentation: calls a minute.
LIMITS: Final = {"all": 100, "sessions": 20, "session_looks": 60}

_ROOT: Final = "/api/v1/payments"
_INIT: Final = f"{_ROOT}/init"
_WITHDRAW: Final = f"{_ROOT}/withdraw"
_TRANSFER: Final = "/api/wallets/transfer"
_TOLERANCE = timedelta(minutes=10)
_DESCRIPTION = 255
_T = TypeVar("_T")


_TEST_KEY = "kpay_test_"
_TRIAL = Trial(Money(100, "XAF"), "237653456789")


class KPay(Provider):
    name = "kpay"
    sheet = Sheet(
        title="KPay",
        coverage=tuple(
            Coverage(place.iso, place.currencies[0], frozenset(item.name for item in operators(place)))
            for place in COUNTRIES.values()
        ),
        pace=Pace(first=timedelta(seconds=3), closest=timedelta(seconds=3)),
        speaks="fr",
        payee_bears=frozenset({Kind.PAYOUT}),
    )

    class Settings(ProviderSettings):
        base_url: str = "https://admin.kpay.site"
        api_key: SecretStr | None = Field(None, title="API key")
        secret_key: SecretStr | None = Field(None, title="Secret key")
        webhook_secret: SecretStr | None = Field(None, title="Webhook secret")
        gateway_secret: SecretStr | None = Field(None, title="Gateway secret")
        return_url: WebAddress = ""

        def missing(self) -> list[str]:
            return [name for name in ("api_key", "secret_key") if not getattr(self, name)]

    settings: Settings

    def __init__(self, settings: Settings, client: Client, now: Clock, budget: Budget | None = None) -> None:
        super().__init__(settings, client, now)
        self._budget = budget or Budget(LIMITS)
        self._application = ""
        if not settings.api_key or not settings.secret_key:
            raise Misconfigured("KPay needs an API key and a secret key")
        client.auth = Auth(settings.api_key, settings.secret_key, now, self._budget)

    def rails(self) -> list[Rail]:
        return rails()

    async def check(self) -> str:
        me = await self._me(Rank.QUESTION)
        told = (replies.part(me, "application").get("name"), me.get("environment"))
        return ", ".join(filter(None, map(quoted, told)))

    def budget_left(self) -> Mapping[str, int]:
        return self._budget.left()

    def looks_allowed(self) -> int | None:
        return self._budget.room("all", Rank.LOOK)

    def looks_free(self, seconds: float) -> int:
        return self._budget.free("all", Rank.LOOK, seconds)

    def trial(self) -> Trial | None:
        key = self.settings.api_key
        return _TRIAL if key and key.get_secret_value().startswith(_TEST_KEY) else None

    async def collect(self, order: Order) -> Report:
        return await self._ask(_INIT, order)

    async def payout(self, order: Order) -> Report:
        return await self._ask(_WITHDRAW, order)

    async def link(self, order: LinkOrder) -> Link:
        if order.may_pay_more:
            raise Refused(Reason.NOT_ALLOWED, "KPay's page takes the amount as it is")
        body = {
            **_named(order.key, order.description),
            **self._back(),
            **({"customerEmail": order.email} if order.email else {}),
        }
        report = replies.paged(await self._move(_INIT, order.amount, body, "sessions"))
        if report.step is None:
            raise MaybeSent("no page in the reply")
        return Link(report.step.url, report.reference)

    async def refund(self, order: RefundOrder) -> Report:
        """Looks first: KPay can't be told an amount, and would give back all of it."""
        before = await _before_money(self._payment(order.reference))
        if before.amount != order.amount:
            whole = f"{before.amount.plain} {before.amount.currency}" if before.amount else "an unknown amount"
            raise Refused(Reason.BAD_AMOUNT, f"KPay gives back the whole payment, {whole}")
        body = {"externalId": str(order.key), **({"reason": order.reason[:_DESCRIPTION]} if order.reason else {})}
        report = replies.accepted(await self._move(f"{_ROOT}/{order.reference}/refund", None, body))
        # Only the payment can be asked about, so it goes along.
        return replace(report, reference=f"{report.reference}:{order.reference}")

    async def transfer(self, order: TransferOrder) -> Report:
        source, target = wallet(order.source), wallet(order.target)
        if order.amount.currency not in source.currencies:
            raise Refused(Reason.BAD_AMOUNT, f"the wallet in {source.iso} holds no {order.amount.currency}")
        body = {
            "applicationId": await _before_money(self._application_id()),
            "sourceCountry": source.code,
            "destinationCountry": target.code,
            **_named(order.key, order.description),
        }
        return replies.transferred(await self._move(_TRANSFER, order.amount, body))

    async def status(self, lookup: Lookup) -> Report:
        """UNKNOWN for what KPay can't be asked: an attempt whose id never came, and a transfer."""
        match lookup.kind:
            case Kind.COLLECTION:
                return await self._look(f"{_ROOT}/{lookup.reference}", lookup, lookup.reference)
            case Kind.PAYOUT:
                return await self._look(f"{_WITHDRAW}/{lookup.reference}", lookup, lookup.reference)
            case Kind.REFUND:
                # Without the answer to our own call there is no colon, and a webhook tells the refund's id alone.
                payment = lookup.reference.partition(":")[2] or lookup.extras.get(REFUND_OF, "")
                return replies.refunded(await self._look(f"{_ROOT}/{payment}", lookup, payment), lookup)
        return Report(Outcome.UNKNOWN)

    async def balance(self) -> list[Balance]:
        """The whole, the reserved and the available, by currency; wallets of one currency are added up."""
        rows = await self._rows(f"{_ROOT}/balance")
        sums: dict[tuple[str, str], Money] = {}
        for currency, pocket, amount in replies.pockets(rows):
            known = sums.get((currency, pocket))
            sums[currency, pocket] = known + amount if known else amount
        if rows and not sums:
            raise MaybeSent("no balance in the reply")
        return [Balance(amount, pocket) for (_, pocket), amount in sums.items()]

    async def rate(self, base: str, quote: str) -> Decimal:
        pair = urlencode({"from": base, "to": quote})
        reply = replies.well(await self._get(f"{_ROOT}/exchange-rate?{pair}"))
        try:
            rate = Decimal(text(reply.body, "rate"))
        except DecimalException:
            raise MaybeSent("no rate in the reply") from None
        if not 0 < rate < 10**9 or {loose(reply.body, "from"), loose(reply.body, "to")} != {base, quote}:
            raise MaybeSent("no rate in the reply")
        return rate

    async def availability(self, country: str) -> list[Service]:
        """Empty where KPay says nothing of this country. Words that it does not document are left out."""
        return list(replies.services(await self._rows(f"{_ROOT}/availability"), country))

    async def identify(self, msisdn: str) -> str:
        """A guess, KPay says; with a test key only its test numbers are known."""
        asked = json.dumps({"phoneNumber": msisdn}).encode()
        reply = replies.well(await self._post(f"{_ROOT}/predict-provider", asked, rank=Rank.QUESTION))
        if not (name := replies.operator_name(text(reply.body, "provider"))):
            raise MaybeSent("no operator in the reply")
        return name

    def parse_callback(self, request: CallbackRequest) -> Callback:
        """A webhook (POST), or the payer's browser coming back from a hosted page (GET)."""
        try:
            return self._returned(request.query) if request.method.upper() == "GET" else self._told(request)
        except Unreadable as error:
            raise BadCallback(error.detail) from None

    def _told(self, request: CallbackRequest) -> Callback:
        _verify(self.settings.webhook_secret, request.body, request.headers.get("x-kpay-signature", ""))
        body = json_object(request.body) or {}
        self._fresh(_moment(text(body, "timestamp")))
        reference, key = text(body, "paymentId"), text(body, "externalId")
        if not replies.ID.fullmatch(reference):
            raise BadCallback("no paymentId")
        return _hint(reference, key, text(body, "status"))

    def _returned(self, query: Mapping[str, str]) -> Callback:
        signed = "|".join(query.get(name, "") for name in ("status", "reference", "externalId", "ts"))
        _verify(self.settings.gateway_secret, signed.encode(), query.get("sig", ""))
        stamp = query.get("ts", "")
        self._fresh(datetime.fromtimestamp(int(stamp) / 1000, UTC) if re.fullmatch(r"[0-9]{13}", stamp) else None)
        if not query.get("externalId"):
            raise BadCallback("no externalId")
        return _hint("", query["externalId"], query.get("status", ""))

    def _fresh(self, at: datetime | None) -> None:
        if at is None or abs(self.now() - at) > _TOLERANCE:
            raise BadCallback("the signature is stale")

    async def _ask(self, path: str, order: Order) -> Report:
        named = _named(order.key, order.description)
        match order.channel:
            case Channel.MOBILE:
                body = {"provider": operator_of(order).code, "phoneNumber": order.msisdn}
                return replies.accepted(await self._move(path, order.amount, body | named))
            case Channel.PAGE:
                return replies.paged(await self._move(path, order.amount, self._back() | named, "sessions"))
        raise Refused(Reason.NOT_ALLOWED, f"KPay has no {order.channel} payments")

    def _back(self) -> dict[str, str]:
        """A return page is required. Without one of ours the payer ends on KPay's, and the status still tells."""
        return {"returnUrl": self.settings.return_url or self.settings.base_url}

    async def _move(self, path: str, amount: Money | None, body: Mapping[str, str], *pots: str) -> Reply:
        return replies.well(await self._post(path, _json(amount, body), *pots, rank=Rank.MONEY))

    async def _look(self, path: str, lookup: Lookup, reference: str) -> Report:
        if not replies.ID.fullmatch(reference):
            return Report(Outcome.UNKNOWN)
        pots = ("session_looks",) if lookup.channel in {Channel.PAGE, Channel.LINK} else ()
        age = (self.now() - lookup.sent_at).total_seconds()
        reply = await self._get(path, *pots, rank=Rank.LOOK, age=age)
        return replies.reported(reply.body) if reply.ok else Report(Outcome.UNKNOWN, detail=said(reply.body))

    async def _payment(self, reference: str) -> Report:
        if not replies.ID.fullmatch(reference):
            raise Refused(Reason.OTHER, "unreadable reference")
        return replies.reported(replies.well(await self._get(f"{_ROOT}/{reference}", rank=Rank.MONEY)).body)

    async def _me(self, rank: Rank) -> Mapping[str, Any]:
        return replies.well(await self._get(f"{_ROOT}/me", rank=rank)).body

    async def _application_id(self) -> str:
        if not self._application:
            self._application = loose(replies.part(await self._me(Rank.MONEY), "application"), "id")
        if not self._application:
            raise MaybeSent("no application in the reply")
        return self._application

    async def _rows(self, path: str) -> list[Mapping[str, Any]]:
        return replies.parts(replies.well(await self._get(path, rows=True)).body, "rows")

    async def _get(
        self, path: str, *pots: str, rank: Rank = Rank.QUESTION, age: float = 0.0, rows: bool = False
    ) -> Reply:
        await self._budget.spend("all", *pots, rank=rank, age=age)
        return await self._heard(self.client.get(path, rows=rows))

    async def _post(self, path: str, content: bytes, *pots: str, rank: Rank) -> Reply:
        await self._budget.spend("all", *pots, rank=rank)
        return await self._heard(self.client.post(path, content))

    async def _heard(self, call: Awaitable[Reply]) -> Reply:
        try:
            return await call
        except NotSent as error:
            if error.code == "429" and error.retry_after:
                self._budget.close(error.retry_after)
            raise


async def _before_money(question: Awaitable[_T]) -> _T:
    """Whatever became of a question asked before the money call, no money was asked to move."""
    try:
        return await question
    except MaybeSent as error:
        raise NotSent(detail=error.detail, code=error.code) from None


def _named(key: UUID, description: str) -> dict[str, str]:
    words = description[:_DESCRIPTION].strip()
    return {"externalId": str(key), **({"description": words} if words else {})}


def _json(amount: Money | None, body: Mapping[str, str]) -> bytes:
    """The amount is a JSON number, written out from its digits: 12.50 is never a float here."""
    rest = json.dumps(body, ensure_ascii=False)
    return (f'{{"amount": {amount.plain}, {rest[1:]}' if amount else rest).encode()


def _hint(reference: str, key: str, word: str) -> Callback:
    return Callback(reference, key, word, STATUS.get(word.upper(), Outcome.UNKNOWN))


def _verify(secret: SecretStr | None, content: bytes, signature: str) -> None:
    if not secret or not secret.get_secret_value():
        raise BadCallback("no secret is configured for it")
    expected = hmac.new(secret.get_secret_value().encode(), content, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise BadCallback("the signature is not KPay's")


def _moment(word: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(word)
    except ValueError:
        return None
    return at if at.tzinfo else None

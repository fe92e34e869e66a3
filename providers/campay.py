"""CamPay, Cameroon: MTN and Orange in XAF.

https://documenter.getpostman.com/view/2391374/T1LV8PVA, read on 2026-11-21.

Quirks
* Whole francs only; a decimal point is ER201.
* A reply to `collect` has no status: it is pending. Absent values are "" or the word "None".
* The documentation says of a repeated external_reference both that the first result comes back and that the
  request is rejected. So a rejection that speaks of the reference never means that no money moved.
* No look-up by our own key. `/history/` echoes external_user and the description, of finished payments only.
* The signature of a callback is a JWT over nothing but a time: it proves the sender, not the content.
* A payout draws on the pocket of the payee's operator, whatever is left in the other.
* The demo host takes 25 XAF at most, and its test numbers succeed with an amount of "0.00".
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import httpx
import jwt
import structlog
from pydantic import Field, SecretStr

from providers import campay_replies as replies
from providers.base import Clock, Provider, Trial
from providers.campay_replies import XAF
from providers.client import Client, Reply, json_object, said
from providers.errors import BadCallback, MaybeSent, Misconfigured, Reason, Refused
from providers.fields import Unreadable, loose, text
from providers.messages import (
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
    Report,
    StatementLine,
)
from providers.money import Money
from providers.settings import ProviderSettings, WebAddress
from providers.sheet import Coverage, Sheet
from providers.token import ExpiringToken, LastingToken

LIVE_HOST: Final = "www.campay.net"
TEST_NUMBERS: Final = frozenset({"237677777777", "237677777770", "237699999999", "237699999990"})
TRIAL: Final = Trial(Money(20, XAF), "237677777777")
"""The testing base takes 25 F at most."""

_POCKETS = {
    "total_balance": "",
    "mtn_balance": "MTN",
    "orange_balance": "ORANGE",
    "utility_balance": "UTILITY",
    "utility_commission_balance": "UTILITY COMMISSION",
}
_TOLERANCE = timedelta(seconds=60)
# No length is documented. Short enough that the tag at its end is not what gets cut.
_DESCRIPTION = 120
# Three days of a busy shop; `/history/` has no pages.
_HISTORY_CAP = 16 * 2**20

STATUS = replies.STATUS

log = structlog.get_logger()


class CamPay(Provider):
    name = "campay"
    sheet = Sheet(
        title="CamPay",
        coverage=(Coverage("CM", XAF, frozenset({"MTN", "ORANGE"})),),
        fees={Kind.COLLECTION: Decimal("0.02"), Kind.PAYOUT: Decimal("0.01")},
        knows_operator=frozenset({Kind.COLLECTION, Kind.PAYOUT, Kind.AIRTIME}),
        finds_lost=True,
    )

    class Settings(ProviderSettings):
        unasked: ClassVar[frozenset[str]] = ProviderSettings.unasked | {"username", "password"}
        """Every application has a permanent token as well."""

        base_url: str = "https://demo.campay.net"
        token: SecretStr | None = Field(None, title="Permanent access token")
        username: SecretStr | None = None
        password: SecretStr | None = None
        webhook_key: SecretStr | None = Field(None, title="App webhook key")
        return_url: WebAddress = ""

        def missing(self) -> list[str]:
            if self.token:
                return []
            if not self.username and not self.password:
                return ["token"]
            return [name for name in ("username", "password") if not getattr(self, name)]

    settings: Settings

    def __init__(self, settings: Settings, client: Client, now: Clock) -> None:
        super().__init__(settings, client, now)
        client.auth = _auth(settings, now)

    async def collect(self, order: Order) -> Report:
        return replies.accepted(await self._order("/api/collect/", {"from": order.msisdn, **_described(order)}, order))

    async def payout(self, order: Order) -> Report:
        try:
            return replies.accepted(
                await self._order("/api/withdraw/", {"to": order.msisdn, **_described(order)}, order)
            )
        except Misconfigured as error:
            if error.code != "403" or error.detail:
                raise
            raise Misconfigured("the application's settings may not allow withdrawals by API", code="403") from None

    async def airtime(self, order: Order) -> Report:
        body = {"to": order.msisdn, "external_reference": str(order.key)}
        return replies.accepted(await self._order("/api/utilities/airtime/transfer/", body, order))

    async def status(self, lookup: Lookup) -> Report:
        """A lost attempt is searched in the history first: UNKNOWN until it is finished, and then found."""
        if lookup.reference:
            told = await self._transaction(lookup.kind, lookup.reference)
            # A link's reference has no transaction until somebody opens it and pays.
            waits = lookup.channel is Channel.LINK and not told.word and told.outcome is Outcome.UNKNOWN
            return Report(Outcome.PENDING) if waits else told
        found = await self._lost(lookup)
        if len(found) > 1:
            return Report(Outcome.UNKNOWN, detail="more than one payment in the history bears this key")
        return await self._transaction(lookup.kind, found.pop()) if found else Report(Outcome.UNKNOWN)

    async def link(self, order: LinkOrder) -> Link:
        back = self.settings.return_url or self.settings.base_url
        body = {
            "amount": _francs(order.amount),
            "currency": XAF,
            "description": _words(order.description, str(order.key)),
            "external_reference": str(order.key),
            "redirect_url": back,
            "failure_redirect_url": back,
            "payment_options": "MOMO",
            "payer_can_pay_more": "yes" if order.may_pay_more else "no",
        }
        payer = {
            "from": order.msisdn,
            "first_name": _harmless(order.first_name),
            "last_name": _harmless(order.last_name),
            "email": order.email,
        }
        reply = await self.client.post("/api/get_payment_link/", body | {name: v for name, v in payer.items() if v})
        if not reply.ok:
            raise replies.refusal(reply)
        url = text(reply.body, "link")
        if not url.startswith(("https://", "http://")):
            raise MaybeSent("no link in the reply")
        return Link(url, text(reply.body, "reference"))

    async def balance(self) -> list[Balance]:
        reply = await self.client.get("/api/balance/")
        pockets = [
            Balance(amount, pocket)
            for field, pocket in _POCKETS.items()
            if reply.ok and (amount := replies.whole_francs(reply.body.get(field))) is not None
        ]
        if not pockets:
            raise MaybeSent("no balance in the reply")
        return pockets

    async def statement(self, since: date, until: date) -> list[StatementLine]:
        """Finished payments only: CamPay leaves pending ones out."""
        rows = await self._history(since, until)
        lines = [line for row in rows if (line := replies.line(row))]
        if len(lines) < len(rows):
            log.warning("statement_rows_unreadable", system=self.name, rows=len(rows) - len(lines))
        return lines

    def parse_callback(self, request: CallbackRequest) -> Callback:
        fields = request.query if request.method.upper() == "GET" else json_object(request.body) or {}
        try:
            self._verify(text(fields, "signature"))
            reference, key, word = (text(fields, name) for name in ("reference", "external_reference", "status"))
        except Unreadable as error:
            raise BadCallback(error.detail) from None
        if not replies.is_reference(reference):
            raise BadCallback("no reference")
        return Callback(reference, key, word, STATUS.get(word.upper(), Outcome.UNKNOWN))

    def _verify(self, signature: str) -> None:
        if not self.settings.webhook_key:
            raise BadCallback("no webhook key is configured")
        # CamPay chooses the key, and PyJWT warns of a short one; HMAC itself fills up with zeros (RFC 2104).
        key = self.settings.webhook_key.get_secret_value().encode().ljust(32, b"\0")
        try:
            claims = jwt.decode(
                signature,
                key,
                algorithms=["HS256"],
                # PyJWT asks the system's clock; the times are checked below, against ours.
                options={"require": ["exp"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
            now = self.now().timestamp()
            late = now - float(claims["exp"])
            early = float(claims.get("nbf", now)) - now
        except (jwt.PyJWTError, TypeError, ValueError, OverflowError):
            raise BadCallback("the signature is not CamPay's") from None
        if not max(late, early) <= _TOLERANCE.total_seconds():
            raise BadCallback("the signature is stale")

    async def _order(self, path: str, body: Mapping[str, str], order: Order) -> Reply:
        reply = await self.client.post(path, {"amount": _francs(order.amount), **body})
        if not reply.ok:
            raise replies.refusal(reply)
        return reply

    async def _transaction(self, kind: Kind, reference: str) -> Report:
        if not replies.is_reference(reference):
            return Report(Outcome.UNKNOWN, detail="unreadable reference")
        middle = "/utilities" if kind is Kind.AIRTIME else ""
        reply = await self.client.get(f"/api{middle}/transaction/{reference}/")
        if not reply.ok:
            return Report(Outcome.UNKNOWN, detail=said(reply.body))
        return replies.report(reply.body, self._test_phones())

    def trial(self) -> Trial | None:
        return TRIAL if self._test_phones() else None

    def _test_phones(self) -> frozenset[str]:
        return TEST_NUMBERS if urlsplit(self.settings.base_url).hostname != LIVE_HOST else frozenset()

    async def _lost(self, lookup: Lookup) -> set[str]:
        """References of the rows that bear our key, or else its tag with the same amount and phone."""
        if lookup.kind is Kind.AIRTIME:  # its request has no field that the history echoes
            return set()
        a_day = timedelta(days=1)  # their time zone is not documented
        rows = await self._history((lookup.sent_at - a_day).date(), (self.now() + a_day).date())
        ours = [row for row in rows if loose(row, "external_user") == str(lookup.key)]
        ours = ours or [row for row in rows if replies.tagged(row, lookup)]
        return {reference for row in ours if (reference := loose(row, "reference_uuid"))}

    async def _history(self, since: date, until: date) -> list[Mapping[str, Any]]:
        days = {"start_date": since.isoformat(), "end_date": until.isoformat()}
        reply = await self.client.post("/api/history/", days, cap=_HISTORY_CAP)
        rows = reply.body.get("data")
        if not reply.ok or not isinstance(rows, list):
            raise MaybeSent(said(reply.body) or "no history in the reply")
        return [row for row in rows if isinstance(row, dict)]


class _Token(ExpiringToken):
    def __init__(self, username: str, password: str, now: Clock) -> None:
        super().__init__("Token", now)
        self._credentials = {"username": username, "password": password}

    def ask(self, url: httpx.URL) -> httpx.Request:
        return httpx.Request("POST", url.join("/api/token/"), json=self._credentials)

    def read(self, reply: Reply) -> tuple[str, float]:
        return text(reply.body, "token"), _seconds(text(reply.body, "expires_in"))


def _auth(settings: CamPay.Settings, now: Clock) -> httpx.Auth:
    if settings.token:
        return LastingToken("Token", settings.token.get_secret_value())
    if settings.username and settings.password:
        return _Token(settings.username.get_secret_value(), settings.password.get_secret_value(), now)
    raise Misconfigured("CamPay needs a token, or a user name and a password")


def _seconds(word: str) -> float:
    """Ten minutes where it is not told: a token that dies sooner is renewed on 401."""
    return float(word[:9]) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", word) else 600.0


def _francs(amount: Money) -> str:
    if amount.currency != XAF:
        raise Refused(Reason.BAD_AMOUNT, f"CamPay takes {XAF}, not {amount.currency}")
    return str(amount.whole)


def _described(order: Order) -> dict[str, str]:
    """Our key in every field that comes back somewhere: status and callback, history, history again."""
    key = str(order.key)
    return {
        "currency": XAF,
        "description": _words(order.description, key),
        "external_reference": key,
        "external_user": key,
    }


def _words(description: str, key: str) -> str:
    return f"{_harmless(description)[:_DESCRIPTION].strip()} {replies.tag(key)}".strip()


def _harmless(words: str) -> str:
    """The firewall before CamPay refuses a request in which a value looks like a tag."""
    return words.translate({ord("<"): "(", ord(">"): ")"})

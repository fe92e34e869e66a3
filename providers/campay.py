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
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal, DecimalException
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import httpx
import jwt
import structlog
from pydantic import Field, SecretStr

from providers.base import (
    Balance,
    Callback,
    CallbackRequest,
    Channel,
    Clock,
    Coverage,
    Kind,
    Link,
    LinkOrder,
    Lookup,
    Order,
    Outcome,
    Provider,
    Report,
    Sheet,
    StatementLine,
    Trial,
)
from providers.client import Client, Reply, json_object, said
from providers.errors import BadCallback, MaybeSent, Misconfigured, NotSent, ProviderError, Reason, Refused
from providers.fields import Unreadable, loose, money, text
from providers.money import Money
from providers.redaction import quoted
from providers.settings import ProviderSettings, WebAddress
from providers.token import ExpiringToken, LastingToken

XAF: Final = "XAF"
LIVE_HOST: Final = "www.campay.net"
TEST_NUMBERS: Final = frozenset({"237677777777", "237677777770", "237699999999", "237699999990"})
TRIAL: Final = Trial(Money(20, XAF), "237677777777")
"""The testing base takes 25 F at most."""

STATUS: Mapping[str, Outcome] = {
    "PENDING": Outcome.PENDING,
    "SUCCESSFUL": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
}

# The four codes are CamPay's own. The texts are what its records were seen to hold, and MTN's MoMo words
# (https://momodeveloper.mtn.com, "Reason"), since one of them, PAYEE_NOT_FOUND, was seen handed through.
REASONS: Mapping[str, Reason] = {
    "er101": Reason.BAD_PHONE,
    "er102": Reason.OPERATOR_UNSUPPORTED,
    "er201": Reason.BAD_AMOUNT,
    "er301": Reason.BALANCE_TOO_LOW,
    "failed": Reason.OTHER,
    "timeout": Reason.TIMED_OUT,
    "expired": Reason.TIMED_OUT,
    "initiatee not found": Reason.PAYEE_NOT_FOUND,
    "payee_not_found": Reason.PAYEE_NOT_FOUND,
    "payer_not_found": Reason.PAYEE_NOT_FOUND,
    "approval_rejected": Reason.DECLINED,
    "payment_not_approved": Reason.DECLINED,
    "not_enough_funds": Reason.PAYER_BALANCE_TOO_LOW,
    "payer_limit_reached": Reason.LIMIT_REACHED,
    "payee_not_allowed_to_receive": Reason.NOT_ALLOWED,
}

KINDS: Mapping[str, Kind] = {"COLLECT": Kind.COLLECTION, "WITHDRAW": Kind.PAYOUT, "AIRTIME": Kind.AIRTIME}

_POCKETS = {
    "total_balance": "",
    "mtn_balance": "MTN",
    "orange_balance": "ORANGE",
    "utility_balance": "UTILITY",
    "utility_commission_balance": "UTILITY COMMISSION",
}
_REFERENCE = re.compile(r"[\w-]{1,64}")
_DUPLICATE = re.compile(r"(?i)duplicat|already|unique|external.?reference|uuid")
_DOUBT = re.compile(r"(?i)time.?out|timed out|in progress|processing|unknown|unavailable|later|waiting")
_RATE_LIMIT = re.compile(r"(?i)rate limit")
_A_MINUTE = 60.0
_TOLERANCE = timedelta(seconds=60)
# No length is documented. Short enough that the tag at its end is not what gets cut.
_DESCRIPTION = 120
# Three days of a busy shop; `/history/` has no pages.
_HISTORY_CAP = 16 * 2**20

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
        return _accepted(await self._order("/api/collect/", {"from": order.msisdn, **_described(order)}, order))

    async def payout(self, order: Order) -> Report:
        try:
            return _accepted(await self._order("/api/withdraw/", {"to": order.msisdn, **_described(order)}, order))
        except Misconfigured as error:
            if error.code != "403" or error.detail:
                raise
            raise Misconfigured("the application's settings may not allow withdrawals by API", code="403") from None

    async def airtime(self, order: Order) -> Report:
        body = {"to": order.msisdn, "external_reference": str(order.key)}
        return _accepted(await self._order("/api/utilities/airtime/transfer/", body, order))

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
            raise _refusal(reply)
        url = text(reply.body, "link")
        if not url.startswith(("https://", "http://")):
            raise MaybeSent("no link in the reply")
        return Link(url, text(reply.body, "reference"))

    async def balance(self) -> list[Balance]:
        reply = await self.client.get("/api/balance/")
        pockets = [
            Balance(amount, pocket)
            for field, pocket in _POCKETS.items()
            if reply.ok and (amount := _whole_francs(reply.body.get(field))) is not None
        ]
        if not pockets:
            raise MaybeSent("no balance in the reply")
        return pockets

    async def statement(self, since: date, until: date) -> list[StatementLine]:
        """Finished payments only: CamPay leaves pending ones out."""
        rows = await self._history(since, until)
        lines = [line for row in rows if (line := _line(row))]
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
        if not _REFERENCE.fullmatch(reference):
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
            raise _refusal(reply)
        return reply

    async def _transaction(self, kind: Kind, reference: str) -> Report:
        if not _REFERENCE.fullmatch(reference):
            return Report(Outcome.UNKNOWN, detail="unreadable reference")
        middle = "/utilities" if kind is Kind.AIRTIME else ""
        reply = await self.client.get(f"/api{middle}/transaction/{reference}/")
        if not reply.ok:
            return Report(Outcome.UNKNOWN, detail=said(reply.body))
        return _report(reply.body, self._test_phones())

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
        ours = ours or [row for row in rows if _tagged(row, lookup)]
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
    return f"{_harmless(description)[:_DESCRIPTION].strip()} {_tag(key)}".strip()


def _tag(key: str) -> str:
    return f"[{key[:8]}]"


def _refusal(reply: Reply) -> ProviderError:
    """Of a readable 4xx."""
    words, code = said(reply.body), loose(reply.body, "error_code")
    if _RATE_LIMIT.search(words):  # per phone number, "Try again in a minute"
        return NotSent(Reason.LIMIT_REACHED, words, code=code, retry_after=_A_MINUTE)
    if reason := REASONS.get(code.lower()):
        return Refused(reason, words, code=code)
    if not words and not code:
        return MaybeSent("no reason in the reply", code=str(reply.status))
    if _DUPLICATE.search(words):  # then the first one was taken
        return MaybeSent(words, code=code)
    if _DOUBT.search(words):  # of an operator that did not answer in time: the money may be on its way
        return MaybeSent(words, code=code)
    if "redirect_url" in words:  # a return page that is not public
        return Misconfigured(words, code=code)
    return Refused(Reason.OTHER, words, code=code)


def _accepted(reply: Reply) -> Report:
    reference, word = text(reply.body, "reference"), text(reply.body, "status")
    if not _REFERENCE.fullmatch(reference):
        raise MaybeSent("no reference in the reply")
    return Report(
        STATUS.get(word.upper(), Outcome.UNKNOWN) if word else Outcome.PENDING,
        reference=reference,
        operator=_operator(reply.body),
        payer_hint=quoted(loose(reply.body, "ussd_code")),
        word=word,
    )


def _report(body: Mapping[str, Any], test_phones: frozenset[str]) -> Report:
    word = loose(body, "status")
    outcome = STATUS.get(word.upper(), Outcome.UNKNOWN)
    try:
        amount = money(body, "amount", text(body, "currency"))
        if amount and not amount.minor and text(body, "phone_number") in test_phones:
            amount = None
        reason, detail = _reason(text(body, "reason")) if outcome is Outcome.FAILED else (None, "")
        return Report(
            outcome,
            reference=text(body, "reference"),
            key=text(body, "external_reference"),
            kind=KINDS.get((text(body, "endpoint") or text(body, "type")).upper()),
            amount=amount,
            fee=_fee(body, amount),
            operator=_operator(body),
            operator_reference=text(body, "operator_reference"),
            reason=reason,
            detail=detail,
            word=word,
        )
    except Unreadable as error:
        return Report(Outcome.UNKNOWN, word=word, detail=error.detail)


def _reason(words: str) -> tuple[Reason, str]:
    reason = REASONS.get(words.lower())
    return (reason, "") if reason else (Reason.OTHER, quoted(words))


def _fee(body: Mapping[str, Any], amount: Money | None) -> Money | None:
    """None where nothing was kept from the amount: what a payout costs on top is not in its record."""
    net = _exact(body, "app_amount")
    if not amount or not net or amount.currency != XAF or not 0 < net.minor < amount.minor:
        return None
    return amount - net


def _operator(body: Mapping[str, Any]) -> str:
    """ "Orange", "MTN" and, for airtime, "ORANGE_CM"."""
    return text(body, "operator").upper().removesuffix("_CM")


def _harmless(words: str) -> str:
    """The firewall before CamPay refuses a request in which a value looks like a tag."""
    return words.translate({ord("<"): "(", ord(">"): ")"})


def _exact(body: Mapping[str, Any], name: str) -> Money | None:
    """None also where it has centimes, as 2 % of many an amount has: nothing is rounded."""
    try:
        return money(body, name, XAF)
    except Unreadable:
        return None


def _whole_francs(value: object) -> Money | None:
    """Balances may have centimes; never show more than there is."""
    try:
        amount = Decimal(value) if isinstance(value, int | str | Decimal) else Decimal("NaN")
        return Money.from_decimal(amount.to_integral_value(ROUND_FLOOR), XAF)
    except (ValueError, DecimalException):
        return None


def _tagged(row: Mapping[str, Any], lookup: Lookup) -> bool:
    try:
        return (
            text(row, "description").endswith(_tag(str(lookup.key)))
            and money(row, "amount", XAF) == lookup.amount
            and lookup.msisdn in {"", text(row, "phone_number").removeprefix("+")}  # nobody's, for a link
        )
    except Unreadable:
        return False


def _line(row: Mapping[str, Any]) -> StatementLine | None:
    try:
        amount = money(row, "amount", XAF)
        at = datetime.fromisoformat(text(row, "datetime"))
        if amount is None:
            return None
        return StatementLine(
            at=at if at.tzinfo else at.replace(tzinfo=UTC),  # measured without a zone, documented with Z
            kind=_side(row),
            amount=amount,
            fee=_exact(row, "charge_amount"),
            msisdn=text(row, "phone_number"),
            operator=_operator(row),
            outcome=STATUS.get(text(row, "status").upper(), Outcome.UNKNOWN),
            reference=text(row, "reference_uuid"),
            operator_reference=text(row, "operator_tx_code"),
            description=text(row, "description"),
            payer_note=text(row, "external_user"),
        )
    except (Unreadable, ValueError):
        return None


def _side(row: Mapping[str, Any]) -> Kind | None:
    """A row has no endpoint, only the side of the account it stands on."""
    credit, debit = _whole_francs(row.get("credit")), _whole_francs(row.get("debit"))
    if credit and credit.minor:
        return Kind.COLLECTION
    return Kind.PAYOUT if debit and debit.minor else None

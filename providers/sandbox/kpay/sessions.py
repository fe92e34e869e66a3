"""Hosted pages: a session's record, the page a payer or payee opens, and the signed way back to the merchant.

A session has its payment's id from the start; the payment itself is opened when somebody gives a number.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from providers.catalogue.kpay import COUNTRIES, OPERATORS, Operator
from providers.sandbox.entries import Entry
from providers.sandbox.kpay import checks, pages, records, tokens
from providers.sandbox.kpay.charges import Charges, Wanted
from providers.sandbox.kpay.checks import Refusal
from providers.sandbox.kpay.limits import Limits, TooMany
from providers.sandbox.kpay.records import WITHDRAW
from providers.sandbox.kpay.settings import KPaySettings
from providers.sandbox.store import moment, stamp
from providers.sandbox.world import World

COUNTRY = COUNTRIES["CMR"]
CURRENCY = COUNTRY.currencies[0]
_FEWEST_DIGITS = 6
_TABLE = (
    "CREATE TABLE IF NOT EXISTS kpay_sessions (token TEXT PRIMARY KEY, id TEXT UNIQUE NOT NULL, "
    "endpoint TEXT NOT NULL, external_id TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID"
)
_INDEX = "CREATE INDEX IF NOT EXISTS kpay_sessions_external ON kpay_sessions (endpoint, external_id)"


@dataclass(frozen=True, slots=True)
class Session:
    token: str
    id: str
    endpoint: str
    amount: int
    currency: str
    external_id: str
    description: str
    return_url: str
    cancel_url: str
    opened_at: str
    expires_at: str
    metadata: dict[str, Any] | None = None

    @property
    def payout(self) -> bool:
        return self.endpoint == WITHDRAW

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.opened_at)


class Sessions:
    def __init__(self, world: World, charges: Charges, limits: Limits) -> None:
        self._world = world
        self._charges = charges
        self._limits = limits
        world.store.run(_TABLE)
        world.store.run(_INDEX)

    @property
    def _kpay(self) -> KPaySettings:
        return self._world.settings.kpay

    def create(self, endpoint: str, body: dict[str, Any], external_id: str) -> Session:
        forbidden = [name for name in ("phoneNumber", "provider", "customerName") if body.get(name)]
        if forbidden:
            raise Refusal(f"{', '.join(forbidden)} must not be given in gateway mode")
        now = self._world.clock()
        session = Session(
            token=f"gw_{self._world.ids().hex[:24]}", id=str(self._world.ids()), endpoint=endpoint,
            amount=checks.amount(body, CURRENCY, 0), currency=CURRENCY, external_id=external_id,
            description=checks.text(body, "description"), metadata=checks.metadata(body),
            return_url=checks.return_page(body, "returnUrl", required=True),
            cancel_url=checks.return_page(body, "cancelUrl", required=False),
            opened_at=stamp(now), expires_at=stamp(now + timedelta(seconds=self._kpay.session_life)),
        )  # fmt: skip
        self._keep(session)
        return session

    def find(self, endpoint: str, session_id: str) -> Session | None:
        row = self._world.store.row(
            "SELECT body FROM kpay_sessions WHERE id = ? AND endpoint = ?", session_id, endpoint
        )
        return Session(**json.loads(row["body"])) if row else None

    def active(self, endpoint: str, external_id: str) -> Session | None:
        rows = self._world.store.rows(
            "SELECT body FROM kpay_sessions WHERE endpoint = ? AND external_id = ?", endpoint, external_id
        )
        known = [Session(**json.loads(row["body"])) for row in rows]
        return next((session for session in known if self._word(session) not in {"FAILED", "CANCELLED"}), None)

    def answer(self, session: Session, base_url: str) -> dict[str, Any]:
        kpay, payout = self._kpay, session.payout
        fee = records.share(session.amount, kpay.payout_fee_percent)
        commission = {
            "netAmount": records.number(session.amount - fee, CURRENCY),
            "feeAmount": records.number(fee, CURRENCY),
        }
        return {
            "id": records.wire_id(session.endpoint, session.id),
            "reference": records.reference(session.endpoint, session.id, session.at),
            "externalId": session.external_id,
            "status": "PENDING",
            "mode": "GATEWAY",
            "amount": records.number(session.amount, CURRENCY),
            **(commission if payout else {}),
            "currency": CURRENCY,
            "gatewayUrl": f"{base_url.rstrip('/')}/gateway/{session.token}",
            "expiresAt": records.stamp(moment(session.expires_at)),
            "isTest": kpay.test,
            "message": f"Redirect the {'beneficiary' if payout else 'customer'} to gatewayUrl.",
        }

    def record(self, session: Session) -> dict[str, Any]:
        """The object while nobody has given a number yet."""
        return {
            "id": records.wire_id(session.endpoint, session.id),
            "reference": records.reference(session.endpoint, session.id, session.at),
            "providerReference": None,
            "status": self._word(session),
            "amount": records.number(session.amount, CURRENCY),
            "netAmount": None,
            "feeAmount": None,
            "currency": CURRENCY,
            "externalId": session.external_id,
            "provider": None,
            "country": None,
            "phoneNumber": None,
            "isTest": self._kpay.test,
            "description": session.description or None,
            "metadata": session.metadata,
            "createdAt": records.stamp(session.at),
            "completedAt": None,
            "failedAt": None,
            "failureReason": None,
        }

    async def open(self, request: Request) -> Response:
        """The form; while the phone asks, a waiting page; at the end, back to the merchant."""
        if (session := self._by_token(request)) is None:
            return HTMLResponse(pages.gone(), 404)
        if self._kpay.session_looks_are == "page":
            try:
                self._limits.count("looks", self._kpay.session_looks_per_minute)
            except TooMany as error:
                return HTMLResponse(pages.over("too many looks"), 429, {"Retry-After": str(error.seconds)})
        entry = self._world.ledger.get(session.id)
        if entry is None and self._word(session) == "PENDING":
            return HTMLResponse(pages.form(session, self._kpay.application, self._operators()))
        if entry is None:
            return HTMLResponse(pages.over(self._word(session)), 410)
        if entry.final and "cancelled" in entry.extra:
            return RedirectResponse(self._way_out(session), 302)
        if entry.final:
            return RedirectResponse(self._back(session, records.word(entry, self._kpay)), 302)
        return HTMLResponse(pages.waiting(entry, payout=session.payout))

    async def act(self, request: Request) -> Response:
        if (session := self._by_token(request)) is None:
            return HTMLResponse(pages.gone(), 404)
        async with request.form() as form:
            given = {name: str(value) for name, value in form.items()}
        if self._world.ledger.get(session.id) or self._word(session) != "PENDING":  # a second tap finds the first's
            return RedirectResponse(str(request.url), 303)
        if given.get("action") == "cancel":
            self._charges.cancel(session.id, session.endpoint, COUNTRY, session.amount, session.external_id)
            return RedirectResponse(self._way_out(session), 303)
        try:
            self._charge(session, given, request.url.path)
        except Refusal as refusal:
            page = pages.form(session, self._kpay.application, self._operators(), refusal.message, given)
            return HTMLResponse(page, refusal.status)
        return RedirectResponse(str(request.url), 303)

    def _charge(self, session: Session, given: dict[str, str], path: str) -> Entry:
        operator = checks.operator(given.get("provider", ""), self._kpay)
        if sum(sign.isdigit() for sign in given.get("phone", "")) < _FEWEST_DIGITS:
            raise Refusal("That is no mobile number")
        msisdn = checks.phone(_international(given.get("phone", ""), operator), operator, self._kpay)
        wanted = Wanted(
            operator, msisdn, session.amount, session.currency, session.external_id, session.description,
            session.metadata, id=session.id,
        )  # fmt: skip
        return (self._charges.withdraw if session.payout else self._charges.deposit)(wanted, path)

    def _operators(self) -> list[Operator]:
        return [OPERATORS[code] for code in self._kpay.accepted if OPERATORS[code].country == COUNTRY]

    def _word(self, session: Session) -> str:
        if entry := self._world.ledger.get(session.id):
            return records.word(entry, self._kpay)
        return self._kpay.expired_word if stamp(self._world.clock()) >= session.expires_at else "PENDING"

    def _way_out(self, session: Session) -> str:
        if self._kpay.cancel_signed or not session.cancel_url:
            return self._back(session, "CANCELLED", session.cancel_url)
        return session.cancel_url

    def _back(self, session: Session, word: str, url: str = "") -> str:
        url = url or session.return_url
        query = {
            "status": word,
            "reference": records.reference(session.endpoint, session.id, session.at),
            "externalId": session.external_id,
            "ts": str(int(self._world.clock().timestamp() * 1000)),
        }
        signed = tokens.signature(self._kpay.gateway_secret, "|".join(query.values()).encode())
        return f"{url}{'&' if '?' in url else '?'}{urlencode({**query, 'sig': signed})}"

    def _keep(self, session: Session) -> None:
        with self._world.store.change():
            self._world.store.run(
                "INSERT OR REPLACE INTO kpay_sessions VALUES (?, ?, ?, ?, ?)",
                (
                    session.token,
                    session.id,
                    session.endpoint,
                    session.external_id,
                    json.dumps(asdict(session), default=float),
                ),
            )

    def _by_token(self, request: Request) -> Session | None:
        row = self._world.store.row("SELECT body FROM kpay_sessions WHERE token = ?", request.path_params["token"])
        return Session(**json.loads(row["body"])) if row else None


def _international(phone: str, operator: Operator) -> str:
    """A person types what they know: with spaces, with or without the country's code."""
    digits = "".join(sign for sign in phone if sign.isdigit()).removeprefix("00")
    dial = operator.country.dial
    return digits if digits.startswith(dial) else f"{dial}{digits.removeprefix('0')}"

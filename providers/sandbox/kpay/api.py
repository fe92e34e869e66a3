"""KPay's paths. Each handler: read, check, ask the ledger, answer in KPay's words."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.catalogue.kpay import COUNTRIES, OPERATORS, TEST_NUMBERS, operators
from providers.sandbox.entries import Entry
from providers.sandbox.kpay import checks, records, tokens
from providers.sandbox.kpay.charges import SYSTEM, Charges, Wanted, account
from providers.sandbox.kpay.checks import Refusal
from providers.sandbox.kpay.limits import Limits, TooMany
from providers.sandbox.kpay.records import DEPOSIT, REFUND, WITHDRAW
from providers.sandbox.kpay.sessions import Session, Sessions
from providers.sandbox.kpay.settings import KPaySettings
from providers.sandbox.kpay.transfers import Transfers, plain
from providers.sandbox.numbering import carrier
from providers.sandbox.world import World

Handler = Callable[[Request], Awaitable[Response]]

_ROOT = "/api/v1/payments"
# The sample shows a country that the catalogue does not have.
_BEYOND = {"GHA": ("MTN_MOMO_GHA", "VODAFONE_GHA")}


class KPay:
    """One application registered at KPay: its wire, and what it announces to the merchant's webhooks."""

    name = SYSTEM

    def __init__(self, world: World) -> None:
        self._world = world
        self._limits = Limits(world.clock)
        self._charges = Charges(world)
        self._sessions = Sessions(world, self._charges, self._limits)
        self._transfers = Transfers(world)
        world.callbacks.announcers[SYSTEM] = self
        world.ledger.operator_reference[SYSTEM] = lambda entry: entry.extra["provider_reference"]

    @property
    def _kpay(self) -> KPaySettings:
        return self._world.settings.kpay

    def routes(self) -> list[BaseRoute]:
        paths: list[tuple[str, str, Handler]] = [
            ("POST", f"{_ROOT}/init", self.init),
            ("POST", f"{_ROOT}/withdraw", self.withdraw),
            ("GET", f"{_ROOT}/withdraw/{{id}}", self.withdrawal),
            ("GET", f"{_ROOT}/me", self.me),
            ("POST", f"{_ROOT}/token", self.token),
            ("GET", f"{_ROOT}/exchange-rate", self.exchange_rate),
            ("POST", f"{_ROOT}/predict-provider", self.predict_provider),
            ("GET", f"{_ROOT}/availability", self.availability),
            ("GET", f"{_ROOT}/balance", self.balance),
            ("POST", f"{_ROOT}/{{id}}/refund", self.refund),
            ("GET", f"{_ROOT}/{{id}}", self.payment),
        ]
        routes: list[BaseRoute] = [Route(path, self._keyed(handler), methods=[verb]) for verb, path, handler in paths]
        return [
            *routes,
            Route("/api/wallets/transfer", self._borne(self.transfer), methods=["POST"]),
            Route("/gateway/{token}", self._sessions.open, methods=["GET"]),
            Route("/gateway/{token}", self._sessions.act, methods=["POST"]),
        ]

    async def init(self, request: Request) -> Response:
        body = checks.read(await request.body())
        external_id = checks.text(body, "externalId", required=True)
        if self._charges.active(DEPOSIT, external_id) or self._sessions.active(DEPOSIT, external_id):
            raise Refusal("externalId is used by an active transaction", 409)
        if self._hosted(body):
            return self._session(DEPOSIT, body, external_id, request)
        wanted = self._wanted(body, external_id, self._kpay.deposit_minimum, 0, "deposit")
        entry = self._charges.deposit(wanted, request.url.path)
        return JSONResponse(records.accepted(entry, self._kpay, "Payment initiated, waiting for the payer."), 201)

    async def withdraw(self, request: Request) -> Response:
        body = checks.read(await request.body())
        external_id = checks.text(body, "externalId")
        known = self._charges.active(WITHDRAW, external_id) if external_id else None
        if known and self._kpay.withdrawal_replay == "first":
            return JSONResponse(records.accepted(known, self._kpay, "Withdrawal initiated."), 201)
        if known or (external_id and self._sessions.active(WITHDRAW, external_id)):
            raise Refusal("externalId is used by an active transaction", 409)
        if self._hosted(body):
            return self._session(WITHDRAW, body, external_id, request)
        least, most = self._kpay.payout_minimum, self._kpay.payout_maximum
        entry = self._charges.withdraw(self._wanted(body, external_id, least, most, "payout"), request.url.path)
        return JSONResponse(records.accepted(entry, self._kpay, "Withdrawal initiated, sent to the operator."), 201)

    async def payment(self, request: Request) -> Response:
        return self._shown(DEPOSIT, request)

    async def withdrawal(self, request: Request) -> Response:
        return self._shown(WITHDRAW, request)

    async def refund(self, request: Request) -> Response:
        body = checks.read(await request.body())
        reason, key = checks.text(body, "reason", most=255), checks.text(body, "externalId", most=100)
        original = self._entry(DEPOSIT, request)
        if original is None:
            raise Refusal("Payment not found", 404)
        known = self._charges.active(REFUND, key) if key else None
        if known and self._kpay.refund_replay == "conflict":
            raise Refusal("externalId is used by an active refund", 409)
        if known is None or self._kpay.refund_replay == "refuse":
            key = key or str(self._world.ids())
            known = self._charges.refund(original, OPERATORS[original.code], key, reason, request.url.path)
        return JSONResponse(records.refund(known, original, self._kpay), 201)

    async def me(self, _: Request) -> Response:
        company = str(uuid5(NAMESPACE_DNS, self._kpay.company))
        return JSONResponse(
            {
                "application": {"id": self._application_id, "name": self._kpay.application},
                "company": {"id": company, "name": self._kpay.company},
                "environment": tokens.environment(self._kpay),
            }
        )

    async def token(self, _: Request) -> Response:
        token = tokens.bearer(self._kpay, self._world.clock())
        life = self._kpay.token_life
        expires = f"{life // 60}m" if life % 60 == 0 else f"{life}s"
        body = {"accessToken": token, "expiresIn": expires, "environment": tokens.environment(self._kpay)}
        return JSONResponse(body, 201)

    async def exchange_rate(self, request: Request) -> Response:
        base, quote = request.query_params.get("from", ""), request.query_params.get("to", "")
        return JSONResponse({"from": base, "to": quote, "rate": plain(self._transfers.rate(base, quote))})

    async def predict_provider(self, request: Request) -> Response:
        body = checks.read(await request.body())
        digits = checks.text(body, "phoneNumber", required=True).replace(" ", "").removeprefix("+").removeprefix("0")
        number, code = self._predicted(digits)
        return JSONResponse({"country": OPERATORS[code].country.code, "provider": code, "phoneNumber": number}, 201)

    async def availability(self, _: Request) -> Response:
        countries = {code: [item.code for item in operators(place)] for code, place in COUNTRIES.items()}
        return JSONResponse(
            [
                {"country": country, "providers": [self._service(code) for code in codes]}
                for country, codes in {**countries, **_BEYOND}.items()
            ]
        )

    async def balance(self, _: Request) -> Response:
        """One row for each currency, the wallets of its countries together."""
        sums: dict[str, tuple[int, int]] = {}
        for country in COUNTRIES.values():
            for currency in country.currencies:
                free, held = sums.get(currency, (0, 0))
                more, kept = self._wallet(country.code, currency)
                sums[currency] = free + more, held + kept
        return JSONResponse(
            [
                {
                    "currency": currency,
                    "balance": free + held,
                    "reservedBalance": held,
                    "availableBalance": free,
                }
                for currency, (free, held) in sums.items()
            ]
        )

    async def transfer(self, request: Request) -> Response:
        return JSONResponse(self._transfers.make(checks.read(await request.body()), self._application_id), 201)

    def announces(self, entry: Entry) -> bool:
        return bool(self._hook(entry))

    def announcement(self, entry: Entry, *, forged: bool) -> httpx.Request:
        content = records.webhook(entry, self._kpay, self._world.clock())
        secret = f"not {self._kpay.webhook_secret}" if forged else self._kpay.webhook_secret
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "KPAY-Webhook/1.0",
            "X-KPAY-Event": records.event(entry, self._kpay),
            "X-KPAY-Signature": tokens.signature(secret, content),
        }
        return httpx.Request("POST", self._hook(entry), content=content, headers=headers)

    def again_after(self, tries: int, answer: str) -> float | None:
        """1, 2, 4 seconds; a 4xx is final."""
        refused = len(answer) == 3 and answer.startswith("4")
        return None if refused or tries >= self._kpay.callback_posts else float(2 ** (tries - 1))

    def _hook(self, entry: Entry) -> str:
        """The address for this kind of event first, else the general one, else none."""
        kpay = self._kpay
        own = {
            DEPOSIT: kpay.callback_url_deposits,
            WITHDRAW: kpay.callback_url_withdrawals,
            REFUND: kpay.callback_url_refunds,
        }
        return own[entry.endpoint] or kpay.callback_url

    @property
    def _application_id(self) -> str:
        return str(uuid5(NAMESPACE_DNS, self._kpay.application))

    def _hosted(self, body: dict[str, Any]) -> bool:
        hosted = bool(body.get("returnUrl")) or not (body.get("provider") or body.get("phoneNumber"))
        if self._kpay.mode not in {"both", "GATEWAY" if hosted else "USSD"}:
            raise Refusal(f"This application is set to {self._kpay.mode}")
        return hosted

    def _session(self, endpoint: str, body: dict[str, Any], external_id: str, request: Request) -> Response:
        self._limits.count("sessions", self._kpay.sessions_per_minute)
        session = self._sessions.create(endpoint, body, external_id)
        return JSONResponse(self._sessions.answer(session, str(request.base_url)), 201)

    def _wanted(self, body: dict[str, Any], external_id: str, least: int, most: int, side: str) -> Wanted:
        operator = checks.operator(checks.text(body, "provider", required=True), self._kpay)
        msisdn = checks.phone(checks.text(body, "phoneNumber", required=True), operator, self._kpay)
        currency, decimals = operator.country.currencies[0], operator.decimals
        if decimals is None:
            decimals = 2 if self._kpay.decimals_where_mixed in {"both", side} else 0
        amount = checks.amount(body, currency, decimals)
        checks.within(amount, currency, least, most)
        description, metadata = checks.text(body, "description"), checks.metadata(body)
        return Wanted(operator, msisdn, amount, currency, external_id, description, metadata)

    def _shown(self, endpoint: str, request: Request) -> Response:
        session: Session | None = self._sessions.find(endpoint, records.entry_id(endpoint, request.path_params["id"]))
        if session and self._kpay.session_looks_are == "status":
            self._limits.count("looks", self._kpay.session_looks_per_minute)
        if entry := self._entry(endpoint, request):
            return JSONResponse(records.record(entry, self._kpay, refunded=self._charges.refunded(entry)))
        if session is None:
            raise Refusal("Payment not found" if endpoint == DEPOSIT else "Withdrawal not found", 404)
        return JSONResponse(self._sessions.record(session))

    def _entry(self, endpoint: str, request: Request) -> Entry | None:
        entry = self._world.ledger.get(records.entry_id(endpoint, request.path_params["id"]))
        return entry if entry and (entry.system, entry.endpoint) == (SYSTEM, endpoint) else None

    def _predicted(self, digits: str) -> tuple[str, str]:
        for code, table in TEST_NUMBERS.items():
            for number in (*table.deposits, *table.payouts):
                if digits in {number, number.removeprefix(COUNTRIES[code].dial)}:
                    return number, operators(COUNTRIES[code])[0].code
        if moved := self._kpay.ported.get(digits):
            return digits, moved
        number = digits if digits.startswith("237") else f"237{digits}"
        code = {"MTN": "MTN_MOMO_CMR", "ORANGE": "ORANGE_CMR"}.get(carrier(number), "")
        if not code or (self._kpay.test and not self._kpay.predict_all):
            raise Refusal("Number not recognised")
        return number, code

    def _service(self, code: str) -> dict[str, Any]:
        told = self._kpay.services.get(code, {})
        return {
            "provider": code,
            "operationTypes": [
                {"operationType": "DEPOSIT", "status": told.get("DEPOSIT", "OPERATIONAL")},
                {"operationType": "PAYOUT", "status": told.get("PAYOUT", "OPERATIONAL")},
            ],
        }

    def _wallet(self, code: str, currency: str) -> tuple[int, int]:
        """(free, reserved)."""
        country = COUNTRIES[code]
        free = self._world.accounts.balance(account(country, currency))
        held = self._charges.reserved(country, currency)
        if self._kpay.refund_counts_twice:
            free -= self._charges.reserved(country, currency, REFUND)
        return free, held

    def _keyed(self, handler: Handler) -> Handler:
        async def keyed(request: Request) -> Response:
            api_key, secret_key = (request.headers.get(name, "") for name in ("x-api-key", "x-secret-key"))
            if not api_key or not secret_key:
                raise Refusal("API Key and Secret Key are required", 401)
            if not tokens.keys_open(api_key, secret_key, self._kpay):
                raise Refusal("Invalid API credentials", 401)
            self._limits.count("all", self._kpay.requests_per_minute)
            self._charges.open_wallets()
            return await handler(request)

        return self._refusing(keyed)

    def _borne(self, handler: Handler) -> Handler:
        async def borne(request: Request) -> Response:
            if not tokens.opens(request.headers.get("authorization", ""), self._kpay, self._world.clock()):
                raise Refusal("Unauthorized", 401)
            self._limits.count("all", self._kpay.requests_per_minute)
            self._charges.open_wallets()
            return await handler(request)

        return self._refusing(borne)

    def _refusing(self, handler: Handler) -> Handler:
        @wraps(handler)
        async def answered(request: Request) -> Response:
            try:
                return await handler(request)
            except Refusal as refusal:
                return JSONResponse(refusal.body(request.url.path, self._kpay), refusal.status)
            except TooMany as error:
                headers = {"Retry-After": str(error.seconds)} if self._kpay.retry_after else {}
                body = Refusal("Too many requests", 429).body(request.url.path, self._kpay)
                return JSONResponse(body, 429, headers)

        return answered

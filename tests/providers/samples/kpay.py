import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta

from providers.messages import CallbackRequest, Kind, LinkOrder, Lookup, Order, RefundOrder, TransferOrder, Verb
from providers.money import Money
from tests.providers.samples import KEY, NOW, Call, Samples
from tests.providers.wire import answer

PAYMENT, PAYOUT, REFUND = "pay_k31f9a", "wdr_x77b2c", "5d7e1f0a-2f0b-4f5e-9b1c-0c6f5a3e8d11"
PHONE = "237653456789"
AMOUNT = Money(5000, "XAF")
ORDER = Order(KEY, AMOUNT, PHONE, "MTN", "shoes", "CM")
LOOKUP = Lookup(Kind.COLLECTION, KEY, AMOUNT, PHONE, NOW - timedelta(minutes=5), PAYMENT)
WEBHOOK_SECRET, GATEWAY_SECRET = "hook-5ecret-of-a-shop", "page-5ecret-of-a-shop"


def record(word: str) -> dict[str, object]:
    return {
        "id": PAYMENT,
        "reference": "KPAY-20261121-K31F9A",
        "providerReference": "0d5f2c1e-7a44-4b0e-9a55-3d2f6c7b8e90",
        "status": word,
        "amount": 5000,
        "netAmount": 4900,
        "feeAmount": 100,
        "currency": "XAF",
        "externalId": str(KEY),
        "provider": "MTN_MOMO_CMR",
        "country": "CMR",
        "phoneNumber": PHONE,
        "isTest": True,
        "description": "shoes",
        "metadata": None,
        "createdAt": "2026-11-21T07:55:00.000Z",
        "completedAt": "2026-11-21T07:56:45.000Z" if word == "COMPLETED" else None,
        "failedAt": None,
        "failureReason": "PAYER_LIMIT_REACHED" if word == "FAILED" else None,
    }


def accepted(**changed: object) -> dict[str, object]:
    return {**record("PENDING"), "message": "Paiement initié", **changed}


SESSION = {
    "id": PAYMENT,
    "reference": "KPAY-20261121-K31F9A",
    "externalId": str(KEY),
    "status": "PENDING",
    "mode": "GATEWAY",
    "amount": 5000,
    "currency": "XAF",
    "gatewayUrl": "https://admin.kpay.site/gateway/gw_9aB3xyz",
    "expiresAt": "2026-11-21T08:30:00.000Z",
    "isTest": True,
    "message": "Redirigez le client vers gatewayUrl",
}
ME = {
    "application": {"id": "b8aefadd-88b4-561a-8a90-2f9814207bfb", "name": "My shop"},
    "company": {"id": "e7c3b4f5-8d9e-4a1b-9c2d-3e4f5a6b7c8d", "name": "My company"},
    "environment": "TEST",
}
TRANSFERRED = {
    "id": "0b1c2d3e-0000-4000-8000-000000000001",
    "sourceTransaction": {
        "id": "0b1c2d3e-0000-4000-8000-000000000001",
        "reference": "TRF-OUT-9QX2",
        "type": "WALLET_TRANSFER_OUT",
        "amount": 5000,
        "currency": "XAF",
        "country": "CMR",
    },
    "destinationTransaction": {
        "id": "77ad0000-0000-4000-8000-000000000002",
        "reference": "TRF-IN-9QX2",
        "type": "WALLET_TRANSFER_IN",
        "amount": 5076,
        "currency": "XOF",
        "country": "SEN",
    },
    "exchangeRate": 1.0153,
    "description": "stock",
    "externalId": str(KEY),
    "createdAt": "2026-11-21T08:00:00.000Z",
}
REFUNDED = {
    "id": REFUND,
    "status": "PENDING",
    "amount": 5000,
    "currency": "XAF",
    "originalPaymentId": PAYMENT,
    "originalPaymentStatus": "COMPLETED",
    "message": "Remboursement initié",
}
AVAILABLE = [
    {
        "country": "CMR",
        "providers": [
            {
                "provider": "MTN_MOMO_CMR",
                "operationTypes": [
                    {"operationType": "DEPOSIT", "status": "OPERATIONAL"},
                    {"operationType": "PAYOUT", "status": "CLOSED"},
                ],
            },
            {
                "provider": "ORANGE_CMR",
                "operationTypes": [
                    {"operationType": "DEPOSIT", "status": "DELAYED"},
                    {"operationType": "REMITTANCE", "status": "OPERATIONAL"},
                    {"operationType": "PAYOUT", "status": "ON_FIRE"},
                ],
            },
        ],
    },
    {
        "country": "GHA",
        "providers": [
            {
                "provider": "MTN_MOMO_GHA",
                "operationTypes": [{"operationType": "DEPOSIT", "status": "OPERATIONAL"}],
            }
        ],
    },
]
BALANCES = [{"currency": "XAF", "balance": 150000, "reservedBalance": 25000, "availableBalance": 125000}]


def webhook(**changed: object) -> bytes:
    body = {
        "event": "payment.completed",
        "paymentId": PAYMENT,
        "reference": "KPAY-20261121-K31F9A",
        "status": "COMPLETED",
        "amount": 5000,
        "phoneNumber": PHONE,
        "externalId": str(KEY),
        "metadata": None,
        "completedAt": "2026-11-21T07:59:58.000Z",
        "failedAt": None,
        "failureReason": None,
        "timestamp": "2026-11-21T07:59:59.000Z",
    }
    return json.dumps({**body, **changed}, separators=(",", ":")).encode()


def told(body: bytes, secret: str = WEBHOOK_SECRET) -> CallbackRequest:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return CallbackRequest("POST", {"x-kpay-signature": signature, "x-kpay-event": "payment.completed"}, {}, body)


def returned(secret: str = GATEWAY_SECRET, **changed: str) -> CallbackRequest:
    ts = str(int((NOW - timedelta(minutes=1)).timestamp() * 1000))
    query = {"status": "COMPLETED", "reference": "KPAY-20261121-K31F9A", "externalId": str(KEY), "ts": ts, **changed}
    signature = hmac.new(secret.encode(), "|".join(query.values()).encode(), hashlib.sha256).hexdigest()
    return CallbackRequest("GET", {}, {**query, "sig": signature}, b"")


ON_STATUS = f"GET /api/v1/payments/{PAYMENT}"
TOKEN = answer(201, {"accessToken": "bearer-1", "expiresIn": "30m", "environment": "TEST"})

SAMPLES = Samples(
    env={
        "API_KEY": "kpay_test_0123456789abcdef",
        "SECRET_KEY": "sk_test_fedcba9876543210",
        "WEBHOOK_SECRET": WEBHOOK_SECRET,
        "GATEWAY_SECRET": GATEWAY_SECRET,
    },
    calls={
        Verb.COLLECT: Call(lambda shop: shop.collect(ORDER), {"POST /api/v1/payments/init": answer(201, accepted())}),
        Verb.PAYOUT: Call(
            lambda shop: shop.payout(ORDER), {"POST /api/v1/payments/withdraw": answer(201, accepted(id=PAYOUT))}
        ),
        Verb.STATUS: Call(lambda shop: shop.status(LOOKUP), {ON_STATUS: answer(200, record("COMPLETED"))}),
        Verb.LINK: Call(
            lambda shop: shop.link(LinkOrder(KEY, AMOUNT, "shoes")),
            {"POST /api/v1/payments/init": answer(201, SESSION)},
        ),
        Verb.REFUND: Call(
            lambda shop: shop.refund(RefundOrder(KEY, PAYMENT, AMOUNT, "too small")),
            {
                ON_STATUS: answer(200, record("COMPLETED")),
                f"POST /api/v1/payments/{PAYMENT}/refund": answer(201, REFUNDED),
            },
            carries_amount=False,
        ),
        Verb.TRANSFER: Call(
            lambda shop: shop.transfer(TransferOrder(KEY, AMOUNT, "CM", "SN", "stock")),
            {
                "GET /api/v1/payments/me": answer(200, ME),
                "POST /api/v1/payments/token": TOKEN,
                "POST /api/wallets/transfer": answer(201, TRANSFERRED),
            },
        ),
        Verb.BALANCE: Call(lambda shop: shop.balance(), {"GET /api/v1/payments/balance": answer(200, BALANCES)}),
        Verb.RATE: Call(
            lambda shop: shop.rate("XAF", "XOF"),
            {
                "GET /api/v1/payments/exchange-rate?from=XAF&to=XOF": answer(
                    200, {"from": "XAF", "to": "XOF", "rate": 1.0153}
                )
            },
        ),
        Verb.AVAILABILITY: Call(
            lambda shop: shop.availability("CM"), {"GET /api/v1/payments/availability": answer(200, AVAILABLE)}
        ),
        Verb.IDENTIFY: Call(
            lambda shop: shop.identify(PHONE),
            {
                "POST /api/v1/payments/predict-provider": answer(
                    201, {"country": "CMR", "provider": "MTN_MOMO_CMR", "phoneNumber": PHONE}
                )
            },
        ),
    },
    record=record,
    on_status=ON_STATUS,
    sent_amount=lambda asked: asked.json["amount"],
    amount=AMOUNT,
    msisdn=PHONE,
    callbacks=lambda word: [told(webhook(status=word)), returned(status=word)],
    forged=(
        told(webhook(), "another-secret"),
        replace(told(webhook()), body=webhook(amount=50000)),
        replace(told(webhook()), headers={}),
        told(webhook(timestamp=None)),
        told(b"[]"),
        returned(WEBHOOK_SECRET),
        replace(returned(), query={**returned().query, "status": "FAILED"}),
        returned(ts=str(int((NOW - timedelta(minutes=11)).timestamp() * 1000))),
    ),
    stale=NOW + timedelta(minutes=11),
)

import json
from dataclasses import replace
from datetime import timedelta

from providers.messages import CallbackRequest, Kind, Lookup, Order, Verb
from providers.money import Money
from tests.providers.samples import KEY, NOW, Call, Samples
from tests.providers.wire import Asked, answer

V2 = "/api/v2/TransactionSecond"
REFERENCE = "SIM-KEY-0001"
BATCH = "BK-SIM-0001"
PHONE = "237671000111"
AMOUNT = Money(500, "XAF")
ORDER = Order(KEY, AMOUNT, PHONE, "MTN", "shoes")
LOOKUP = Lookup(Kind.COLLECTION, KEY, AMOUNT, PHONE, NOW - timedelta(minutes=5), REFERENCE)
CALLBACK_TOKEN = "t0ken-in-the-address"


def record(word: str) -> dict[str, object]:
    """Without `business`, the merchant's own account: its place is a test of its own."""
    return {
        "transactionReference": "SIM-REF-0001",
        "transactionAmount": 500,
        "transactionDescription": "shoes",
        "walletToken": "w-1",
        "transactionType": "Payment",
        "transactionCategory": "Mobile",
        "successUrl": "",
        "cancelUrl": "",
        "transactionKey": REFERENCE,
        "productName": str(KEY),
        "transactionContact": {"id": "c-1", "phoneNumber": "671000111", "email": "", "transactions": []},
        "transactionStatus": word,
        "paymentUrl": "",
        "raison": None,
        "cryptoPayAmount": None,
        "paymentAddress": None,
        "payeeAddress": None,
        "ash": None,
        "createdAt": "2026-11-21T08:00:00.000Z",
    }


def batch(word: str = "Success", **changed: object) -> dict[str, object]:
    line = {
        "id": "t-1",
        "phoneNumber": "671000111",
        "amount": 500,
        "email": "",
        "description": f"shoes [{KEY}]",
        "status": word,
        "transactionKey": "SIM-KEY-1",
        "errorMessage": "",
        "createdAt": "2026-11-21T08:00:00.000Z",
    }
    return {
        "bulkOperationId": BATCH,
        "totalCount": 1,
        "successCount": 1,
        "failedCount": 0,
        "pendingCount": 0,
        "status": "Completed",
        "createdAt": "2026-11-21T08:00:00.000Z",
        "updatedAt": "2026-11-21T08:00:05.000Z",
        "transactions": [line],
    } | changed


def callback(token: str, body: bytes) -> CallbackRequest:
    return CallbackRequest("POST", {}, {"token": token} if token else {}, body)


def charge(word: str) -> dict[str, str]:
    return {"transactionKey": REFERENCE, "transactionStatus": word}


def wrapped(word: str) -> bytes:
    return json.dumps({"event": "charge.completed", "data": charge(word)}).encode()


TOLD = wrapped("SUCCESS")
TOKEN = {"accessToken": "opaque-1", "tokenType": "Bearer", "expiresAt": int(NOW.timestamp()) + 3600, "userId": "u-1"}
SIGNED_IN = {"POST /api/auth/authenticate": answer(200, TOKEN)}
ACCEPTED = answer(200, record("PENDING"))
ON_STATUS = f"GET {V2}/verify/{REFERENCE}"


def sent_amount(asked: Asked) -> object:
    return asked.json["amount"] if "amount" in asked.json else asked.json["transactions"][0]["amount"]


SAMPLES = Samples(
    env={
        "API_KEY": "app-0123456789",
        "SECRET_KEY": "test-secret-not-real",
        "EMAIL": "shop@shop.cm",
        "OPERATORS": "MTN=0,ORANGE=1",
        "CALLBACK_TOKEN": CALLBACK_TOKEN,
    },
    calls={
        Verb.COLLECT: Call(lambda shop: shop.collect(ORDER), {**SIGNED_IN, f"POST {V2}/mobile": ACCEPTED}),
        Verb.PAYOUT: Call(lambda shop: shop.payout(ORDER), {**SIGNED_IN, f"POST {V2}/mobile/widraw": ACCEPTED}),
        Verb.BULK_PAYOUT: Call(
            lambda shop: shop.bulk_payout([ORDER]),
            {**SIGNED_IN, f"POST {V2}/mobile/withdraw/bulk": answer(200, batch("Pending", status="Pending"))},
        ),
        Verb.STATUS: Call(lambda shop: shop.status(LOOKUP), {**SIGNED_IN, ON_STATUS: answer(200, record("SUCCESS"))}),
        Verb.BULK_STATUS: Call(
            lambda shop: shop.bulk_status(BATCH),
            {**SIGNED_IN, f"GET {V2}/mobile/widraw/bulk/{BATCH}": answer(200, batch())},
        ),
    },
    record=record,
    on_status=ON_STATUS,
    sent_amount=sent_amount,
    amount=AMOUNT,
    msisdn=PHONE,
    callbacks=lambda word: [
        callback(CALLBACK_TOKEN, wrapped(word)),
        callback(CALLBACK_TOKEN, json.dumps(charge(word)).encode()),
    ],
    forged=(
        callback("", TOLD),
        callback("another-token", TOLD),
        callback(CALLBACK_TOKEN + "x", TOLD),
        callback(CALLBACK_TOKEN, b"<html>"),
        callback(CALLBACK_TOKEN, b"{}"),
        replace(callback(CALLBACK_TOKEN, TOLD), query={"Token": CALLBACK_TOKEN}),
    ),
)

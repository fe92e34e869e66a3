import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import jwt

from providers.messages import CallbackRequest, Kind, LinkOrder, Lookup, Order, Verb
from providers.money import Money
from tests.providers.samples import KEY, NOW, Call, Samples
from tests.providers.wire import answer

REFERENCE = "6b1f0a7e-3c52-4c0e-9a51-2f4f7d1f0c11"
PHONE = "237671000111"
AMOUNT = Money(20, "XAF")
ORDER = Order(KEY, AMOUNT, PHONE, "MTN", "shoes")
LOOKUP = Lookup(Kind.COLLECTION, KEY, AMOUNT, PHONE, NOW - timedelta(minutes=5), REFERENCE)
LINK = LinkOrder(KEY, AMOUNT, "shoes", PHONE)
WEBHOOK_KEY = "k3y-of-the-callbacks"


def record(word: str) -> dict[str, object]:
    return {
        "reference": REFERENCE,
        "status": word,
        "amount": "20.00",
        "currency": "XAF",
        "operator": "MTN",
        "operator_reference": "20111222333",
        "endpoint": "collect",
        "external_reference": str(KEY),
        "app_amount": "19.00",
        "phone_number": PHONE,
        "reason": "None",
    }


def signature(key: str = WEBHOOK_KEY, **changed: Any) -> str:
    at = int(NOW.timestamp())
    claims = {"iat": at, "nbf": at, "exp": at + 3600, "source": "CamPay"} | changed
    return jwt.encode(claims, key.encode().ljust(32, b"\0"), algorithm="HS256")


def told(token: str, word: str = "SUCCESSFUL") -> dict[str, str]:
    return {"status": word, "reference": REFERENCE, "external_reference": str(KEY), "signature": token}


def callback(token: str, word: str = "SUCCESSFUL") -> CallbackRequest:
    return CallbackRequest("GET", {}, told(token, word), b"")


def posted(token: str, word: str = "SUCCESSFUL") -> CallbackRequest:
    return CallbackRequest("POST", {}, {}, json.dumps(told(token, word)).encode())


ROW = {
    "datetime": "2026-11-21T07:55:25.670488",
    "operator": "MTN",
    "phone_number": PHONE,
    "description": "shoes",
    "amount": 20.0,
    "charge_amount": 1.0,
    "debit": 0.0,
    "credit": 19.0,
    "status": "SUCCESSFUL",
    "reference_uuid": REFERENCE,
}
ON_STATUS = f"GET /api/transaction/{REFERENCE}/"
ACCEPTED = answer(200, {"reference": REFERENCE, "status": "PENDING"})

SAMPLES = Samples(
    env={"TOKEN": "0123456789abcdef0123456789abcdef01234567", "WEBHOOK_KEY": WEBHOOK_KEY},
    calls={
        Verb.COLLECT: Call(lambda shop: shop.collect(ORDER), {"POST /api/collect/": ACCEPTED}),
        Verb.PAYOUT: Call(lambda shop: shop.payout(ORDER), {"POST /api/withdraw/": ACCEPTED}),
        Verb.AIRTIME: Call(lambda shop: shop.airtime(ORDER), {"POST /api/utilities/airtime/transfer/": ACCEPTED}),
        Verb.STATUS: Call(lambda shop: shop.status(LOOKUP), {ON_STATUS: answer(200, record("SUCCESSFUL"))}),
        Verb.LINK: Call(
            lambda shop: shop.link(LINK),
            {"POST /api/get_payment_link/": answer(200, {"link": "https://demo.campay.net/pay/AbC123/"})},
        ),
        Verb.BALANCE: Call(lambda shop: shop.balance(), {"GET /api/balance/": answer(200, {"total_balance": 1500})}),
        Verb.STATEMENT: Call(
            lambda shop: shop.statement(date(2026, 11, 20), date(2026, 11, 21)),
            {"POST /api/history/": answer(200, {"data": [ROW]})},
        ),
    },
    record=record,
    on_status=ON_STATUS,
    sent_amount=lambda asked: asked.json["amount"],
    amount=AMOUNT,
    msisdn=PHONE,
    callbacks=lambda word: [callback(signature(), word), posted(signature(), word)],
    forged=(
        callback(signature("another-key")),
        callback(signature() + "x"),
        callback(""),
        posted(signature("another-key")),
        posted(""),
        replace(callback(signature()), method="POST", body=b"<html>"),
    ),
    stale=NOW + timedelta(hours=2),
)

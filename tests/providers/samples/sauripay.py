import json
import re
from datetime import timedelta
from typing import Any

from providers.messages import CallbackRequest, Kind, Lookup, Order, Verb
from providers.money import Money
from providers.unipesa.signature import sealed, sign
from tests.providers.samples import KEY, NOW, Call, Samples
from tests.providers.wire import answer

SECRET = "local-simulator-secret-0001"
ENV = {
    "PUBLIC_ID": "pub-0001",
    "MERCHANT_ID": "m-0001",
    "SECRET_KEY": SECRET,
    "PROVIDER_IDS": "CM:MTN=9063,CM:ORANGE=9062",
}
PHONE = "237671000111"
AMOUNT = Money(500, "XAF")
ORDER = Order(KEY, AMOUNT, PHONE, "MTN", "shoes", country="CM")
LOOKUP = Lookup(Kind.COLLECTION, KEY, AMOUNT, PHONE, NOW - timedelta(minutes=5), str(KEY))


def told_as(word: str) -> object:
    return int(word) if re.fullmatch(r"-?\d", word) else word


def record(word: str) -> dict[str, object]:
    return {
        "order_id": str(KEY),
        "transaction_id": "732007046722",
        "transaction_ref": "MP.33234.342.CP33",
        "status": told_as(word),
        "result": {"code": 0, "message": "OK"},
        "provider_result": {"code": 0, "message": "OK"},
        "service_id": 1,
        "service_version": "11.1",
        "service_date_time": "2026-11-21 07:55:32.832969",
    }


def callback(secret: str = SECRET, **changed: Any) -> CallbackRequest:
    body = {
        "merchant_id": "m-0001",
        "operation_type": 17,
        "customer_id": PHONE,
        "amount": 500,
        "order_id": str(KEY),
        "transaction_id": "1234567",
        "transaction_ref": "QR555RQ",
        "status": 2,
        "provider_id": 9063,
        "destination_id": "",
        "result": {"code": 0, "message": "OK"},
    } | changed
    return told(json.dumps(body | {"signature": sign(json.dumps(body).encode(), secret)}).encode())


def told(body: bytes) -> CallbackRequest:
    return CallbackRequest("POST", {"content-type": "application/json"}, {}, body)


ACCEPTED = answer(200, record("1") | {"transaction_ref": "", "confirm_type": 0})
GENUINE = callback()

SAMPLES = Samples(
    env=ENV,
    calls={
        Verb.COLLECT: Call(lambda shop: shop.collect(ORDER), {"POST /pub-0001/payment_c2b": ACCEPTED}),
        Verb.PAYOUT: Call(lambda shop: shop.payout(ORDER), {"POST /pub-0001/payment_b2c": ACCEPTED}),
        Verb.STATUS: Call(lambda shop: shop.status(LOOKUP), {"POST /pub-0001/status": answer(200, record("2"))}),
    },
    record=record,
    on_status="POST /pub-0001/status",
    sent_amount=lambda asked: asked.json["amount"],
    amount=AMOUNT,
    msisdn=PHONE,
    callbacks=lambda word: [callback(status=told_as(word)), callback(status=word)],
    forged=(
        callback("another-secret"),
        callback(merchant_id="m-0002"),
        told(GENUINE.body.replace(b'"status": 2', b'"status": 3')),
        told(sealed({"order_id": str(KEY), "status": 2}, SECRET).replace(b'"order_id"', b'"order_Id"')),
        told(json.dumps({"order_id": str(KEY), "status": 2}).encode()),
        told(json.dumps({"order_id": str(KEY), "status": 2, "signature": ""}).encode()),
        told(json.dumps({"order_id": str(KEY), "status": 2, "signature": None}).encode()),
        told(b"<html>"),
        told(b""),
    ),
)

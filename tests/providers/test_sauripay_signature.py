"""The signature in both directions, by the client and by the sandbox, which were written apart."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.sandbox.sauripay import signatures
from providers.unipesa.signature import BadSignature, canonical, opened, read, sealed, sign

LOCAL = "local-simulator-secret-0001"
PRINTED = (
    "cf11635572c1e8d77297207152dc0791ad91f22b32d23c758ce3ba2637202ad8"
    "f7290ba41f2243cccf32edde1dfb8bf0f5dea62525309e293b3adb2c76eed6a5"
)
SAMPLE = (
    '{"merchant_id":"fffed61be9780b97c5e4c65e4e07bb6b","provider_id":10,"client_id":"254000000000","country":"KE",'
    '"order_id":"order_3444298767545","amount":1000,"currency":"KES","callback_url":"https://my.callback.url"}'
)
FLAT = (
    '{"merchant_id":"m-0001","customer_id":"254700000001","order_id":"ord-0001","amount":%s,"currency":"KES",'
    '"country":"KE","callback_url":"http://127.0.0.1:9000/cb","provider_id":14}'
)
NESTED = (
    '{"merchant_id":"m-0001","customer_id":"0123456789","order_id":"pay:2025.01-7","amount":"7500.00",'
    '"currency":"NGN","country":"NG","callback_url":"http://127.0.0.1:9000/cb","provider_id":2311,"extra":'
    '{"customer_name":"Ada Obi","customer_email":"ada@example.test","bank_code":"000001"}}'
)
CALLBACK = (
    '{"merchant_id":"e0fecd91fcb24f348048193b3fb34875ba3722b4","operation_type":17,"customer_id":"0900000001",'
    '"amount":100,"order_id":"16280954971628095497","transaction_id":"1234567","transaction_ref":"QR555RQ",'
    '"status":2,"provider_id":14,"destination_id":"","result":{"code":0,"message":"OK"}}'
)
FAILED_PAYOUT = (
    '{"merchant_id":"m-0001","operation_type":16,"customer_id":"256700000001","amount":900.5,"order_id":"wd-77",'
    '"transaction_id":"900000000077","transaction_ref":"","status":3,"provider_id":2105,"destination_id":"",'
    '"result":{"code":10401,"message":"MSISDN INCORRECT"}}'
)
# Computed with PHP 8.2. The first is the documentation's own sample, the second the same with its keys sorted.
VECTORS = [
    (PRINTED, SAMPLE, "a724c9ebe2b15fca", "3de5fb213e4ef8f2"),
    (PRINTED, json.dumps(dict(sorted(json.loads(SAMPLE).items()))), "9c421a2f414eecef", "5fd50b0a482b50f6"),
    (LOCAL, FLAT % '"100.00"', "936be8748d0083d4", "569ac39c6d1df2f2"),
    (LOCAL, FLAT % "100.0", "64e607a7e95a7844", ""),
    (LOCAL, NESTED, "8b07f18c71d87024", "c5fbbe2c27357"),
    (PRINTED, CALLBACK, "9a229b2f9c4d73dc", "d072aa82bcffbf"),
    (LOCAL, FAILED_PAYOUT, "04b54d3af2b4a135", "b05cc356"),
    (LOCAL, '{"merchant_id":"m-0001","order_id":"ord-0001"}', "1c751e4e1d83be5d", "6d84cb782"),
]


@pytest.mark.parametrize(("secret", "body", "head", "tail"), VECTORS)
def test_the_vectors_pass_in_both_directions(secret: str, body: str, head: str, tail: str) -> None:
    signature = sign(body.encode(), secret)
    assert signature.startswith(head)
    assert signature.endswith(tail)
    assert signatures.over(body.encode(), secret) == signature
    received = json.dumps({**json.loads(body), "signature": signature.upper()}).encode()
    assert opened(received, secret)["merchant_id"]
    assert signatures.fits(received, signature, secret)


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("true", "1"),
        ("false", ""),
        ("null", ""),
        ('""', ""),
        ("0", "0"),
        ("-7", "-7"),
        ("100.0", "100"),
        ("100.50", "100.5"),
        ("0.00001", "1.0E-5"),
        ("0.0001", "0.0001"),
        ("1e15", "1.0E+15"),
        ("100000000000005.0", "1.0000000000000E+14"),
        ("100000000000025.0", "1.0000000000002E+14"),
        ("100000000000015.0", "1.0000000000002E+14"),
        ("100000000000004.0", "1.0E+14"),
        ("1.5e300", "1.5E+300"),
        ("1e999", "INF"),
        ("-1e999", "-INF"),
        ("-0", "-0"),
        ("-0.0", "-0"),
        ("99999999999999.96", "1.0E+14"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9.2233720368548E+18"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("16280954971628095497", "1.6280954971628E+19"),
        ("123456789.123456789", "123456789.12346"),
        (r'"\u00e9t\u00e9 \ud83d\ude00"', "été 😀"),
    ],
)
def test_a_value_is_written_as_php_writes_it(told: str, written: str) -> None:
    raw = f'{{"a": {told}}}'.encode()
    assert canonical(read(raw)) == f"a{written}"
    assert signatures.over(raw, LOCAL) == sign(raw, LOCAL)


def test_lists_count_from_zero_and_empty_things_leave_no_trace() -> None:
    assert canonical({"a": [True, {"b": "c"}], "d": [], "e": {}, "f": None}) == "a.01a.1.bcf"


def test_a_signature_is_left_out_at_every_depth_unless_it_is_an_object() -> None:
    assert canonical({"signature": "x", "a": {"signature": 1, "b": 2}, "c": {"signature": {"d": 3}}}) == (
        "a.b2c.signature.d3"
    )


def test_order_matters() -> None:
    one, other = b'{"a": 1, "b": 2}', b'{"b": 2, "a": 1}'
    assert sign(one, LOCAL) != sign(other, LOCAL)


def test_what_we_send_is_in_alphabetical_order_and_signed_as_it_travels() -> None:
    raw = sealed({"b": {"z": "1", "a": "é"}, "a": 2}, LOCAL)
    assert list(json.loads(raw)) == ["a", "b", "signature"]
    assert list(json.loads(raw)["b"]) == ["a", "z"]
    assert opened(raw, LOCAL)
    assert signatures.fits(raw, json.loads(raw)["signature"], LOCAL)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"signature": ""}',
        b'{"signature": null}',
        b'{"a": NaN, "signature": "x"}',
        rb'{"a": "\ud800", "signature": "x"}',
        rb'{"a": 1, "signature": "\ud800"}',
        b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"a": ' + b"9" * 5000 + b', "signature": "x"}',
    ],
)
def test_a_body_that_proves_nothing_is_refused(raw: bytes) -> None:
    with pytest.raises(BadSignature):
        opened(raw, LOCAL)
    assert not signatures.fits(raw, "x", LOCAL)


def test_seventeen_levels_are_too_deep() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    assert sign(nested(16), LOCAL) == signatures.over(nested(16), LOCAL)
    with pytest.raises(BadSignature):
        sign(nested(17), LOCAL)


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(BadSignature):
        sign(b"{}", "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=5))
def test_both_sides_of_the_wire_agree_about_anything(body: dict[str, Any]) -> None:
    raw = json.dumps(body).replace("Infinity", "1e999").encode()
    assert sign(raw, LOCAL) == signatures.over(raw, LOCAL)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_fraction_keeps_fourteen_digits(value: float) -> None:
    written = canonical({"": value})
    assert math.isclose(float(written), value, rel_tol=1e-13, abs_tol=1e-300)

"""The signature in both directions, by the client and by the sandbox, which were written apart."""

import hmac
import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
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
    (
        PRINTED,
        SAMPLE,
        (
            "a724c9ebe2b15fca52cf5ad427164db7acef0f7c3f4ea1b3c8a3d07706ac4c2e"
            "6d0125a452d86e220f5c21686f6239434a490279e61641d33de5fb213e4ef8f2"
        ),
    ),
    (
        PRINTED,
        json.dumps(dict(sorted(json.loads(SAMPLE).items()))),
        (
            "9c421a2f414eecef0a0173fd65178503d21b534770fdbfa624dc66c8ee564c38"
            "26902dcd870580a49cc574f0a8a0d5f34b4ff132123269035fd50b0a482b50f6"
        ),
    ),
    (
        LOCAL,
        FLAT % '"100.00"',
        (
            "936be8748d0083d41108591d574f01164f3f55e630a0cf5d34ef3b872060bca7"
            "0494cf73872401b1a2fcadaf393bc5f39826df3f2cc72b19569ac39c6d1df2f2"
        ),
    ),
    (
        LOCAL,
        NESTED,
        (
            "8b07f18c71d870248f74bdfe599184f4c2ce24d4fbcbc680b7fa4fe2fdfe9995"
            "916dc6d25d1cf1f3ab27915f7d7e79db867bb2d9a75603657cdc5fbbe2c27357"
        ),
    ),
    (
        PRINTED,
        CALLBACK,
        (
            "9a229b2f9c4d73dc7dabf6bf9566150b2b0211be4da72e4bed24fd5d6978efb3"
            "58ee6da12bcd9e24c871d965c57556f4213fcaefc0cae6d559d072aa82bcffbf"
        ),
    ),
    (
        LOCAL,
        '{"merchant_id":"m-0001","order_id":"ord-0001"}',
        (
            "1c751e4e1d83be5d0f318aaa91a91309cee429a434d9a89ee83a0e5086dd0f8c"
            "06e2fdedc45a51758b7202b6d89f1340c3d0e338e6a43bffff7bb7e6d84cb782"
        ),
    ),
    (
        LOCAL,
        FAILED_PAYOUT,
        (
            "04b54d3af2b4a1352f1e6a0df1699d340d814fdd4e61170dde2ef90b1af5342d"
            "45553eb9a8645c8c534fc15e8d645acd588428931eb55d851622b88eb05cc356"
        ),
    ),
]


@pytest.mark.parametrize(("secret", "body", "signature"), VECTORS)
def test_the_vectors_pass_in_both_directions(secret: str, body: str, signature: str) -> None:
    assert sign(body.encode(), secret) == signature
    assert signatures.over(body.encode(), secret) == signature
    assert by_the_book(body, secret) == signature
    for received in (
        json.dumps({**json.loads(body), "signature": signature}),
        json.dumps({"signature": signature.upper(), **json.loads(body)}, indent=2),
        body.replace(",", f', "signature" : "{signature}" ,', 1),
    ):
        assert opened(received.encode(), secret)["merchant_id"]
        assert signatures.fits(received.encode(), signature, secret)


def test_a_number_is_signed_without_the_zeros_that_it_travels_with() -> None:
    assert sign((FLAT % "100.0").encode(), LOCAL).startswith("64e607a7e95a7844")
    assert {sign((FLAT % told).encode(), LOCAL) for told in ("100", "100.0", "100.00", "1e2", "1.0E+2")} == {
        sign((FLAT % '"100"').encode(), LOCAL)
    }


@pytest.mark.parametrize(
    ("sent", "forged"),
    [
        ('"amount":900.5', '"amount":900.51'),
        ('"status":3', '"status":2'),
        ('"status":3', '"status":3,"status":2'),
        ('"order_id":"wd-77"', '"order_id":"wd-78"'),
        ('"code":10401', '"code":0'),
        ('"transaction_ref":""', '"transaction_ref":"0"'),
        ('"destination_id":""', '"destination_id":false,"x":1'),
        ('"provider_id":2105,"destination_id":""', '"destination_id":"","provider_id":2105'),
    ],
)
def test_one_touched_field_is_one_too_many(sent: str, forged: str) -> None:
    whole = json.dumps({**json.loads(FAILED_PAYOUT), "signature": sign(FAILED_PAYOUT.encode(), LOCAL)})
    whole = whole.replace(", ", ",").replace(": ", ":")
    assert sent in whole
    assert opened(whole.encode(), LOCAL)
    with pytest.raises(BadSignature):
        opened(whole.replace(sent, forged).encode(), LOCAL)
    assert not signatures.fits(whole.replace(sent, forged).encode(), json.loads(whole)["signature"], LOCAL)


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
        ("1e3", "1000"),
        ("1E+3", "1000"),
        ("0.10", "0.1"),
        ("2.50e2", "250"),
        ("0.1e-4", "1.0E-5"),
        ("12.345678901234567", "12.345678901235"),
        ("99999999999999.4", "99999999999999"),
        (r'"https:\/\/a.test\/b"', "https://a.test/b"),
        ('" a  b "', " a  b "),
        ('"true"', "true"),
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


Pairs = list[tuple[str, Any]]


def by_the_book(body: str, secret: str) -> str:
    """The rule once more, from its description alone, over tokens that nobody has made numbers of."""
    whole: Pairs = json.loads(body, object_pairs_hook=Node, parse_int=Digits, parse_float=Digits)
    return hmac.new(secret.encode(), walked(whole, ()).encode(), "sha512").hexdigest()


class Node(list[tuple[str, Any]]):
    pass


class Digits(str):
    __slots__ = ()


def walked(pairs: Pairs, above: tuple[str, ...]) -> str:
    """A key told twice stays where it came first and means what it said last."""
    said = ""
    for key, value in dict(pairs).items():
        if isinstance(value, Node):
            said += walked(value, (*above, key))
        elif isinstance(value, list):
            said += walked(Node((str(at), item) for at, item in enumerate(value)), (*above, key))
        elif key != "signature":
            said += ".".join((*above, key)) + scalar(value)
    return said


def scalar(value: object) -> str:
    if isinstance(value, Digits):
        return number(value)
    return value if isinstance(value, str) else "1" if value is True else ""


def number(digits: str) -> str:
    exact = Decimal(digits)
    if not set(digits) & set(".eE") and digits != "-0" and -(2**63) <= exact < 2**63:
        return digits
    shown = f"{float(digits):.14G}"  # as C's printf does, which PHP does but for the point and the exponent's zero
    mantissa, power, exponent = shown.partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent):+d}" if power else mantissa


def trailing_five(digits: str) -> bool:
    """PHP's own slip with fifteen digits that end in 5, which has its table above."""
    return math.isfinite(value := float(digits)) and 10**14 <= abs(value) < 10**15


KEYS = st.sampled_from(["a", "b", "amount", "signature", "Signature", "extra", "é", "0", "1", "a.b", ""])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
NUMBERS = st.from_regex(r"\A-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,16})?([eE][+-]?[0-9]{1,3})?\Z").filter(
    lambda digits: not trailing_five(digits)
)
GAPS = st.text(" \t\r\n", max_size=2)


@st.composite
def written(draw: st.DrawFn, depth: int = 0) -> str:
    """A value as it might travel: any spacing, any escaping, any way to write a number, keys told twice."""
    kinds = ["word", "text", "number"] + (["list", "object"] if depth < 3 else [])
    match draw(st.sampled_from(kinds)):
        case "word":
            return draw(st.sampled_from(["true", "false", "null"]))
        case "text":
            return quoted(draw(TEXTS), draw(st.booleans()))
        case "number":
            return draw(NUMBERS)
        case "list":
            items = draw(st.lists(written(depth + 1), max_size=3))
            return "[" + ",".join(draw(GAPS) + item + draw(GAPS) for item in items) + "]"
    return draw(objects(depth + 1))


@st.composite
def objects(draw: st.DrawFn, depth: int = 0) -> str:
    pairs = draw(st.lists(st.tuples(KEYS, written(depth)), max_size=4))
    told = (f"{draw(GAPS)}{quoted(key, draw(st.booleans()))}{draw(GAPS)}:{value}{draw(GAPS)}" for key, value in pairs)
    return "{" + ",".join(told) + "}"


def quoted(text: str, ascii_only: bool) -> str:
    return json.dumps(text, ensure_ascii=ascii_only).replace("/", r"\/" if ascii_only else "/")


@settings(max_examples=400)
@given(objects())
def test_whatever_travels_is_signed_by_the_book(body: str) -> None:
    expected = by_the_book(body, LOCAL)
    assert sign(body.encode(), LOCAL) == expected
    assert signatures.over(body.encode(), LOCAL) == expected


@given(st.dictionaries(KEYS.filter(lambda key: key != "signature"), TEXTS | st.integers(-999, 999), max_size=5))
def test_what_we_send_is_signed_by_the_book_as_it_travels(body: dict[str, Any]) -> None:
    raw = sealed({**body, "extra": {"otp": "1234"}}, LOCAL).decode()
    assert json.loads(raw)["signature"] == by_the_book(raw, LOCAL)


@given(st.integers(1, 10**9), st.integers(0, 2))
def test_an_amount_of_money_told_as_a_number_is_signed_by_the_book(minor: int, decimals: int) -> None:
    body = f'{{"amount": {Decimal(minor).scaleb(-decimals):.2f}}}'
    assert sign(body.encode(), LOCAL) == by_the_book(body, LOCAL)


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

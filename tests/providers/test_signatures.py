"""KPay's, CamPay's and Nkapsmart's signatures, written a second time here from their descriptions, HMAC included."""

import base64
import hashlib
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import Provider
from providers.campay import CamPay
from providers.errors import BadCallback
from providers.kpay import KPay
from providers.messages import CallbackRequest
from providers.nkapsmart_auth import signature as signed_by_us
from providers.sandbox.kpay.tokens import signature as signed_by_kpay
from providers.sandbox.nkapsmart.tokens import signature as signed_by_nkapsmart

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="|"), max_size=12)
SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200).filter(str.strip)
NAMES = ("status", "reference", "externalId", "ts")


def mac(secret: str, content: bytes) -> bytes:
    """HMAC-SHA256 as RFC 2104 writes it."""
    key = secret.encode()
    key = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + content).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()


def shop(cls: type[Provider], at: datetime = AT, **settings: str) -> Provider:
    return cls.open(
        cls.Settings.model_validate(settings), httpx.MockTransport(lambda _: httpx.Response(500)), lambda: at
    )


def kpay(at: datetime = AT, **secrets: str) -> Provider:
    return shop(KPay, at, api_key="k", secret_key="s", **secrets)


def posted(body: bytes, signature: str) -> CallbackRequest:
    return CallbackRequest("POST", {"x-kpay-signature": signature}, {}, body)


def body(**changed: object) -> dict[str, object]:
    return {"paymentId": "pay_1", "externalId": "CMD-7", "status": "COMPLETED", "timestamp": AT.isoformat(), **changed}


@given(SECRETS, st.dictionaries(WORDS, WORDS | st.integers() | st.none(), max_size=4), st.booleans(), st.integers(0, 4))
def test_a_webhook_of_kpay_is_believed_over_its_very_bytes(
    secret: str, more: dict[str, Any], plain: bool, indent: int
) -> None:
    raw = json.dumps({**more, **body()}, ensure_ascii=plain, indent=indent or None).encode()
    gateway = kpay(webhook_secret=secret)
    signature = mac(secret, raw).hex()
    assert signed_by_kpay(secret, raw) == signature
    assert gateway.parse_callback(posted(raw, signature)).reference == "pay_1"
    for touched in (raw + b" ", b" " + raw, raw.replace(b"pay_1", b"pay_2"), raw.replace(b"COMPLETED", b"FAILED")):
        with pytest.raises(BadCallback):
            gateway.parse_callback(posted(touched, signature))
    for wrong in ("", signature[:-1], signature + "0", mac(secret + "x", raw).hex(), "é" * 64):
        with pytest.raises(BadCallback):
            gateway.parse_callback(posted(raw, wrong))


def link(secret: str, query: dict[str, str], seed: int) -> dict[str, str]:
    """As a browser brings it back: in any order, between other parameters, written in any way that URLs allow."""
    text = "|".join(query.get(name, "") for name in NAMES)
    pairs = [*query.items(), ("sig", mac(secret, text.encode()).hex()), ("utm", "sms"), ("lang", "français")]
    random.Random(seed).shuffle(pairs)
    url = urlencode(pairs) if seed % 2 else "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in pairs)
    return dict(parse_qsl(url, keep_blank_values=True))


@given(SECRETS, WORDS, WORDS, WORDS.filter(bool), st.integers(-600_000, 600_000), st.integers(0, 99))
def test_a_return_from_kpays_page_is_believed_in_any_order_of_its_query(
    secret: str, status: str, reference: str, key: str, skew: int, seed: int
) -> None:
    stamp = str(int(AT.timestamp() * 1000) + skew)
    query = link(secret, {"status": status, "reference": reference, "externalId": key, "ts": stamp}, seed)
    gateway = kpay(gateway_secret=secret)
    callback = gateway.parse_callback(CallbackRequest("GET", {}, query, b""))
    assert (callback.key, callback.word) == (key, status)
    for name in (*NAMES, "sig"):
        for touched in (query | {name: query[name] + "1"}, {other: query[other] for other in query if other != name}):
            if touched.get(name, "") != query[name]:
                with pytest.raises(BadCallback):
                    gateway.parse_callback(CallbackRequest("GET", {}, touched, b""))


@pytest.mark.parametrize("missing", ["status", "reference"])
def test_what_a_return_leaves_out_is_signed_as_nothing(missing: str) -> None:
    """Without its externalId or its time it names nothing, or proves nothing."""
    whole = {"status": "COMPLETED", "reference": "KPAY-1", "externalId": "CMD-7", "ts": f"{AT.timestamp() * 1000:.0f}"}
    query = link("s", {name: whole[name] for name in whole if name != missing}, 1)
    assert kpay(gateway_secret="s").parse_callback(CallbackRequest("GET", {}, query, b"")).key == "CMD-7"
    for needed in ("externalId", "ts"):
        query = link("s", {name: whole[name] for name in whole if name != needed}, 1)
        with pytest.raises(BadCallback):
            kpay(gateway_secret="s").parse_callback(CallbackRequest("GET", {}, query, b""))


def test_neither_of_kpays_secrets_opens_the_others_door() -> None:
    gateway = kpay(webhook_secret="hook", gateway_secret="page")
    raw = json.dumps(body()).encode()
    whole = {"status": "COMPLETED", "reference": "KPAY-1", "externalId": "CMD-7", "ts": f"{AT.timestamp() * 1000:.0f}"}
    for request in (posted(raw, mac("page", raw).hex()), CallbackRequest("GET", {}, link("hook", whole, 1), b"")):
        with pytest.raises(BadCallback):
            gateway.parse_callback(request)


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(key: str, claims: dict[str, Any], **header: object) -> str:
    head = {"alg": "HS256", "app": "DemoShop", "typ": "JWT", **header}
    text = ".".join(part(json.dumps(told).encode()) for told in (head, claims))
    return f"{text}.{part(mac(key, text.encode()))}"


def campay(at: datetime = AT, key: str = "hook") -> Provider:
    return shop(CamPay, at, token="permanent", webhook_key=key)


def hint(signature: str) -> CallbackRequest:
    return CallbackRequest("GET", {}, {"status": "FAILED", "reference": "R-1", "signature": signature}, b"")


def claims(at: datetime = AT, **changed: object) -> dict[str, Any]:
    since = int(at.timestamp())
    return {"iat": since, "nbf": since, "exp": since + 3600, "source": "CamPay", **changed}


@given(SECRETS, st.integers(-3600, 7200), WORDS)
def test_a_token_of_campay_is_believed_for_its_hour_and_a_minute(key: str, age: int, app: str) -> None:
    request = hint(token(key, claims(AT - timedelta(seconds=age)), app=app))
    if -60 <= age <= 3660:
        assert campay(key=key).parse_callback(request).reference == "R-1"
    else:
        with pytest.raises(BadCallback):
            campay(key=key).parse_callback(request)
    with pytest.raises(BadCallback):
        campay(key=f"{key}x").parse_callback(request)


@pytest.mark.parametrize(
    "signature",
    [
        token("hook", claims(), alg="none"),
        token("hook", claims(), alg="HS512"),
        token("hook", claims(), alg="RS256"),
        token("hook", claims(), alg=None),
        token("hook", claims(exp=None)),
        token("hook", claims(exp="soon")),
        token("hook", claims(exp=[])),
        token("hook", claims(exp=float("nan"))),
        token("hook", claims(nbf="later")),
        token("hook", claims(nbf=10**400)),
        token("hook", claims()) + ".x",
        token("hook", claims()).replace(".", ". ", 1),
        token("hook", claims()).rpartition(".")[0] + ".",
        token("hook", claims()).rpartition(".")[0],
    ],
)
def test_a_token_that_campay_would_not_make_is_refused(signature: str) -> None:
    with pytest.raises(BadCallback):
        campay().parse_callback(hint(signature))


@given(SECRETS, st.integers(0, 10**11))
def test_nkapsmarts_signature_is_made_the_same_way_on_both_sides(secret: str, timestamp: int) -> None:
    nothing = base64.b64encode(hashlib.sha256().digest()).decode()
    text = "\n".join(["POST", "/api/auth/authenticate", str(timestamp), nothing])
    expected = base64.b64encode(mac(secret, text.encode())).decode()
    assert signed_by_us(secret, timestamp) == expected
    assert signed_by_nkapsmart(secret, timestamp) == expected


def test_the_second_hand_agrees_with_the_vectors() -> None:
    """KPay's two, CamPay's and Nkapsmart's, as their own tests have them."""
    text = "COMPLETED|KPAY-DEMO-1|CMD-7|1790841606000"
    assert mac("demo-gateway-secret", text.encode()).hex() == (
        "0f7e10b0414bc7c9437679df09389b327b4214c98c9ca6788609778dcbf47acc"
    )
    told = {"iat": 1750000000, "nbf": 1750000000, "exp": 1750003600, "source": "CamPay"}
    head = {"alg": "HS256", "app": "DemoShop", "typ": "JWT"}
    text = ".".join(part(json.dumps(item, separators=(",", ":")).encode()) for item in (head, told))
    assert part(mac("test-webhook-key", text.encode())) == "Orr22Q5zQ4JWftVtJZljfpR3wwN91cbOrQkdn4jMDwY"
    assert signed_by_us("test-secret-not-real", 1750000000) == "xLBZTJNC9wBAZmboX9nmsVcoupuQlHWSeH9ULwH8qD8="

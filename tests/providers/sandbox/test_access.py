"""Tokens, paths, references."""

import jwt
import pytest

from providers.sandbox import Settings
from tests.providers.sandbox.desk import NOON, Desk, desk


async def token(at: Desk, **changes: str) -> dict[str, object]:
    body = {"username": "sandbox-user", "password": "sandbox-pass", **changes}
    answer: dict[str, object] = (await at.post("/api/token/", body)).json()
    return answer


async def seen_with(at: Desk, header: str) -> int:
    return (await at.http.get("/api/balance/", headers={"Authorization": header})).status_code


async def test_a_token_is_a_jwt_that_opens_until_its_hour_is_over() -> None:
    async with desk() as at:
        answer = await token(at)
        assert answer["expires_in"] == 3600
        value = str(answer["token"])
        claims = jwt.decode(value, options={"verify_signature": False})
        assert claims == {"iat": NOON.timestamp(), "nbf": NOON.timestamp(), "exp": NOON.timestamp() + 3600}
        assert jwt.get_unverified_header(value) == {"alg": "HS256", "typ": "JWT", "uid": 1}
        await at.after(3599)
        assert await seen_with(at, f"Token {value}") == 200
        await at.after(1)
        assert await seen_with(at, f"Token {value}") == 401


async def test_the_life_of_a_token_is_a_setting() -> None:
    async with desk(Settings.instant(campay={"token_life": 5})) as at:
        answer = await token(at)
        assert answer["expires_in"] == 5
        await at.after(5)
        assert await seen_with(at, f"Token {answer['token']}") == 401


async def test_wrong_credentials_are_refused_with_a_list() -> None:
    async with desk() as at:
        reply = await at.post("/api/token/", {"username": "sandbox-user", "password": "no"})
        assert reply.status_code == 400
        assert isinstance(reply.json()["non_field_errors"], list)


async def test_a_placeholder_is_taken_for_an_attack() -> None:
    async with desk() as at:
        assert (await token(at, password="<your password>"))["code"] == "malicious_payload_rejected"


@pytest.mark.parametrize("header", ["", "Token", "Token wrong", "Bearer {token}", "token {token}", "{token}"])
async def test_every_other_header_is_refused(header: str) -> None:
    async with desk() as at:
        header = header.format(token=at.box.settings.campay.token)
        for verb, path in [
            ("POST", "collect"), ("POST", "withdraw"), ("POST", "get_payment_link"), ("GET", "balance"),
            ("POST", "history"), ("GET", "transaction/x"), ("POST", "utilities/airtime/transfer"),
            ("GET", "utilities/transaction/x"),
        ]:  # fmt: skip
            reply = await at.http.request(verb, f"/api/{path}/", headers={"Authorization": header})
            assert (reply.status_code, reply.json()) == (401, {"detail": "Invalid token."})


async def test_a_path_without_its_last_slash_is_sent_on() -> None:
    async with desk() as at:
        reference = (await at.collect("20")).json()["reference"]
        reply = await at.http.get(f"/api/transaction/{reference}?x=1")
        assert (reply.status_code, reply.headers["location"]) == (
            301,
            f"{at.box.url}/api/transaction/{reference}/?x=1",
        )
        followed = await at.http.get(f"/api/transaction/{reference}", follow_redirects=True)
        assert followed.json()["reference"] == reference


@pytest.mark.parametrize("reference", ["0d9a3c5e-51c7-4a77-8f6b-6c0f8e2a9b10", "nonsense"])
async def test_an_unknown_reference_has_no_status(reference: str) -> None:
    async with desk() as at:
        reply = await at.http.get(f"/api/transaction/{reference}/")
        assert (reply.status_code, reply.json()) == (404, {"message": "Transaction not found"})
        at.box.settings.campay.unknown_reference_status = 400
        assert (await at.http.get(f"/api/transaction/{reference}/")).status_code == 400


async def test_an_unknown_path_is_answered_in_json() -> None:
    async with desk() as at:
        assert (await at.http.get("/api/refund/")).json() == {"detail": "Not found."}

"""CamPay's JSON web tokens: those it hands out for access, and those that sign its callbacks."""

import hmac
import warnings
from datetime import datetime
from typing import Any

import jwt
from jwt.types import Options

from providers.sandbox.settings import CamPaySettings

SIGNATURE_LIFE = 3600


def access_token(campay: CamPaySettings, now: datetime) -> str:
    return _sign(_claims(now, campay.token_life), campay.password, {"uid": 1})


def callback_signature(key: str, app_name: str, now: datetime) -> str:
    """Names neither reference nor amount nor state: two callbacks of one second carry the same token (measured)."""
    return _sign({**_claims(now, SIGNATURE_LIFE), "source": "CamPay"}, key, {"app": app_name})


def opens(header: str, campay: CamPaySettings, now: datetime) -> bool:
    """The permanent token or one of ours that still lives, behind the word Token: Bearer is not understood."""
    word, _, token = header.partition(" ")
    return word == "Token" and (
        hmac.compare_digest(token.encode(), campay.token.encode()) or _valid(token, campay.password, now)
    )


def _claims(now: datetime, life: int) -> dict[str, Any]:
    issued = int(now.timestamp())
    return {"iat": issued, "nbf": issued, "exp": issued + life}


def _sign(claims: dict[str, Any], key: str, header: dict[str, Any]) -> str:
    with warnings.catch_warnings():
        # Merchants' keys are as long as CamPay made them; a short one is no reason to warn here.
        warnings.simplefilter("ignore", jwt.warnings.InsecureKeyLengthWarning)
        return jwt.encode(claims, key, algorithm="HS256", headers=header)


def _valid(token: str, key: str, now: datetime) -> bool:
    unchecked: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}  # by our clock, below
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", jwt.warnings.InsecureKeyLengthWarning)
            claims = jwt.decode(token, key, algorithms=["HS256"], options=unchecked)
    except jwt.InvalidTokenError:
        return False
    expires = claims.get("exp")
    return isinstance(expires, int) and now.timestamp() < expires

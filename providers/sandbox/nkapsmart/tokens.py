"""How one signs in at Nkapsmart, and the token that one gets for it."""

import base64
import hmac
from datetime import datetime
from hashlib import sha256

import jwt

from providers.sandbox.nkapsmart.settings import NkapsmartSettings

PATH = "/api/auth/authenticate"


def signature(secret: str, timestamp: int) -> str:
    """The hash is that of an empty body, as in the documentation's example, although a body is sent."""
    nothing = base64.b64encode(sha256(b"").digest()).decode()
    signed = "\n".join(["POST", PATH, str(timestamp), nothing])
    return base64.b64encode(hmac.digest(secret.encode(), signed.encode(), "sha256")).decode()


def in_time(timestamp: int, now: datetime, settings: NkapsmartSettings) -> bool:
    return abs(now.timestamp() - timestamp) <= settings.window


def access_token(settings: NkapsmartSettings, now: datetime) -> tuple[str, int]:
    """The token and the second at which it dies."""
    expires = int(now.timestamp()) + settings.token_life
    return jwt.encode({"sub": settings.user_id, "exp": expires}, _key(settings), algorithm="HS256"), expires


def opens(header: str, settings: NkapsmartSettings, now: datetime) -> bool:
    word, _, token = header.partition(" ")
    try:
        claims = jwt.decode(token, _key(settings), algorithms=["HS256"], options={"verify_exp": False})
    except jwt.InvalidTokenError:
        return False
    return word.lower() == "bearer" and isinstance(claims.get("exp"), int) and now.timestamp() < claims["exp"]


def _key(settings: NkapsmartSettings) -> bytes:
    return sha256(settings.secret_key.encode()).digest()

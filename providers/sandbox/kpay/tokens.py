"""What KPay signs: the Bearer token, webhooks, the way back from a hosted page."""

import hashlib
import hmac
import warnings
from datetime import datetime

import jwt
from jwt.types import Options

from providers.sandbox.kpay.settings import KPaySettings


def bearer(kpay: KPaySettings, now: datetime) -> str:
    """The claims are not documented."""
    issued = int(now.timestamp())
    claims = {"iat": issued, "exp": issued + kpay.token_life, "environment": environment(kpay)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jwt.warnings.InsecureKeyLengthWarning)
        return jwt.encode(claims, kpay.secret_key, algorithm="HS256")


def opens(header: str, kpay: KPaySettings, now: datetime) -> bool:
    word, _, token = header.partition(" ")
    unchecked: Options = {"verify_exp": False, "verify_iat": False}  # by our clock, below
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", jwt.warnings.InsecureKeyLengthWarning)
            claims = jwt.decode(token, kpay.secret_key, algorithms=["HS256"], options=unchecked)
    except jwt.InvalidTokenError:
        return False
    expires = claims.get("exp")
    return word == "Bearer" and isinstance(expires, int) and now.timestamp() < expires


def environment(kpay: KPaySettings) -> str:
    return "TEST" if kpay.test else "PRODUCTION"


def signature(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def keys_open(api_key: str, secret_key: str, kpay: KPaySettings) -> bool:
    given, known = f"{api_key}\0{secret_key}".encode(), f"{kpay.api_key}\0{kpay.secret_key}".encode()
    return hmac.compare_digest(given, known)

"""The program's own settings, from one mapping of variables. Refuses what is missing, empty or a placeholder."""

import os
import re
from collections.abc import Mapping
from importlib.resources import files
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from providers import discover
from providers.settings import is_placeholder


class BadSettings(Exception):
    """One line for each variable to mend."""


LOCAL_PROXIES = ("127.0.0.1", "::1")
"""Whose word on where a call comes from is taken, where nothing else is said."""

_TELEGRAM = "https://api.telegram.org"
_PORTS = {None, 443, 80, 88, 8443}
"""https://core.telegram.org/bots/api#setwebhook"""
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_KEY_LEAST = 32
_KEY_VARIETY = 10


def _listed(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def known_database(url: str) -> str:
    """Raises ValueError."""
    try:
        known = make_url(url).get_backend_name() in {"sqlite", "postgresql"}
    except (ArgumentError, ValueError):
        known = False
    if not known:
        raise ValueError("sqlite:///guichet.db or postgresql+psycopg://user:password@host/name")
    return url


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    telegram_bot_token: SecretStr
    telegram_api_url: str = _TELEGRAM
    bot_mode: Literal["polling", "webhook"] = "polling"
    telegram_webhook_secret: SecretStr = SecretStr("")
    public_url: str = ""
    listen: str = "127.0.0.1:8080"
    trusted_proxies: Annotated[tuple[str, ...], BeforeValidator(_listed)] = LOCAL_PROXIES
    metrics_listen: str = ""
    owner_ids: Annotated[tuple[int, ...], BeforeValidator(_listed), Field(min_length=1)]
    admin_chat_id: int | None = None
    database_url: str = "sqlite:///guichet.db"
    default_language: Literal["fr", "en"] = "fr"
    timezone: str = "Africa/Douala"
    guichet_secret_key: SecretStr = SecretStr("")
    prefer: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)] = "info"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, as "Africa"
            raise ValueError("not a time zone; for example Africa/Douala") from None
        return value

    @field_validator("telegram_bot_token")
    @classmethod
    def _real_token(cls, value: SecretStr) -> SecretStr:
        number, _, rest = value.get_secret_value().partition(":")
        if not number.isdigit() or len(rest) < 20:
            raise ValueError("not a bot token; BotFather gives one like 123456:ABC...")
        return value

    @field_validator("guichet_secret_key")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr) -> SecretStr:
        for key in _keys(value):
            if len(key) < _KEY_LEAST or len(set(key)) < _KEY_VARIETY or is_placeholder(key):
                raise ValueError(
                    f"each key is a random word of {_KEY_LEAST} characters or more; guichet new-key makes one"
                )
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        return known_database(value)

    @field_validator("listen", "metrics_listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and (not host or not port.isdigit() or not 0 <= int(port) < 65536):
            raise ValueError("host:port, for example 127.0.0.1:8080")
        return value

    @field_validator("metrics_listen")
    @classmethod
    def _apart(cls, value: str, info: ValidationInfo) -> str:
        if value and value == info.data.get("listen"):
            raise ValueError("an address of its own: LISTEN is what a proxy shows to the world")
        return value

    @field_validator("public_url", "telegram_api_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not (value.startswith(("http://", "https://")) and _has_host(value)):
            raise ValueError("an address that begins with https://")
        return value.rstrip("/")

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _fit_for_a_header(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not re.fullmatch(r"[A-Za-z0-9_-]{8,256}", value.get_secret_value()):
            raise ValueError("8 to 256 of the characters A-Z, a-z, 0-9, _ and -; guichet new-key makes one")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                wide = ip_network(one).prefixlen == 0
            except ValueError:
                wide = True
            if wide:
                raise ValueError("addresses or networks, comma separated, for example 127.0.0.1,192.0.2.0/24")
        return value

    @field_validator("prefer")
    @classmethod
    def _known_systems(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name.lower() for name in value)
        if strangers := set(names) - set(discover()):
            raise ValueError(f"unknown: {', '.join(sorted(strangers))}; known are {', '.join(discover())}")
        return names

    @field_validator("owner_ids")
    @classmethod
    def _people(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(owner <= 0 for owner in value):
            raise ValueError("people's ids are positive; a group can't own the counter")
        return value

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Self:
        """Empty variables count as not set. Raises BadSettings with a line for each one to mend."""
        given = {name: env[name.upper()].strip() for name in cls.model_fields if env.get(name.upper(), "").strip()}
        copied = [f"{name.upper()} still holds a placeholder" for name, value in given.items() if is_placeholder(value)]
        if copied:
            raise BadSettings("\n".join(copied))
        try:
            found = cls(**given)
        except ValidationError as error:
            raise BadSettings("\n".join(_line(dict(item)) for item in error.errors())) from None
        if lacks := found._lacks_for_a_webhook():
            raise BadSettings("\n".join(lacks))
        return found

    def _lacks_for_a_webhook(self) -> list[str]:
        if self.bot_mode != "webhook":
            return []
        lacks = []
        address = urlsplit(self.public_url)
        local = address.hostname in _LOCAL_HOSTS
        if not self.public_url:
            lacks.append("PUBLIC_URL is missing (BOT_MODE is webhook: Telegram brings messages to it)")
        elif address.scheme != "https" and not local:
            lacks.append("PUBLIC_URL: Telegram brings messages to https:// only")
        elif self.telegram_api_url == _TELEGRAM and (local or address.port not in _PORTS):
            lacks.append("PUBLIC_URL: Telegram brings messages to a public host, at port 443, 80, 88 or 8443")
        if not self.telegram_webhook_secret.get_secret_value():
            lacks.append("TELEGRAM_WEBHOOK_SECRET is missing (BOT_MODE is webhook; guichet new-key makes one)")
        return lacks

    @property
    def country(self) -> str:
        """ISO 3166 alpha-2 of the time zone: whose numbers are local."""
        return _countries().get(self.timezone, "CM")

    @property
    def secret_keys(self) -> list[str]:
        """The first seals, all open; none where nothing is sealed."""
        return _keys(self.guichet_secret_key)

    def secrets(self) -> list[str]:
        password = make_url(self.database_url).password
        return [
            self.telegram_bot_token.get_secret_value(),
            *filter(None, [self.telegram_webhook_secret.get_secret_value()]),
            *([password] if password else []),
            *self.secret_keys,
        ]


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _keys(value: SecretStr) -> list[str]:
    return [key.strip() for key in value.get_secret_value().split(",") if key.strip()]


_HELP = {
    "telegram_bot_token": "BotFather gives it",
    "owner_ids": "the Telegram ids of the owners, comma separated",
}


def _line(item: dict[str, Any]) -> str:
    name = str(item["loc"][0])
    words = "is missing" if item["type"] in {"missing", "too_short"} else item["msg"].removeprefix("Value error, ")
    hint = f" ({_HELP[name]})" if name in _HELP else ""
    return f"{name.upper()} {words}{hint}" if words == "is missing" else f"{name.upper()}: {words}{hint}"


def _countries() -> dict[str, str]:
    """Time zone -> country, from the time zone database's own table."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {zone: country for country, _, zone, *_ in rows}


def read_environment(folder: Path | None = None) -> dict[str, str]:
    """The variables of `.env` in the working folder, under those of the process."""
    values = dotenv_values((folder or Path.cwd()) / ".env")
    return {**{name: value for name, value in values.items() if value is not None}, **os.environ}

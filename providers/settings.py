"""One account's settings, read from variables that begin with the system's name."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from providers.errors import Misconfigured

_PLACEHOLDER = re.compile(r"(?i)(<.*>|\.{3,}|x{3,}|change[-_ ]?me.*|your[-_ ].*|todo|secret|password|token|example.*)")

WebAddress = Annotated[str, Field(pattern=r"^(https?://\S+)?$")]


def is_placeholder(value: str) -> bool:
    """Whether a value was copied from an example and never filled in."""
    return bool(_PLACEHOLDER.fullmatch(value.strip()))


class ProviderSettings(BaseModel):
    """A subclass declares its fields; `missing` names what a half-filled account lacks."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str

    @classmethod
    def read(cls, name: str, env: Mapping[str, str]) -> Self | None:
        """None: not one variable of this system is set. Misconfigured: some are wrong or missing, each named.

        A base URL alone is no account.
        """
        prefix = f"{name.upper()}_"
        given = {key: value.strip() for key, value in env.items() if key.startswith(prefix) and value.strip()}
        if not given.keys() - {f"{prefix}BASE_URL"}:
            return None
        for key, value in given.items():
            if is_placeholder(value):
                raise Misconfigured(f"{key} still holds a placeholder")
        try:
            settings = cls(**{key.removeprefix(prefix).lower(): value for key, value in given.items()})
        except ValidationError as error:
            raise Misconfigured(_named(prefix, error)) from None
        if lacking := settings.missing():
            raise Misconfigured("missing: " + ", ".join(prefix + field.upper() for field in lacking))
        return settings

    def missing(self) -> list[str]:
        """The fields without which this account can't work."""
        return []

    def secrets(self) -> list[str]:
        """Every secret value, for the log's redaction."""
        return [value.get_secret_value() for value in self.__dict__.values() if isinstance(value, SecretStr)]

    @model_validator(mode="after")
    def _http(self) -> Self:
        if not re.match(r"^https?://[^/\s]+$", self.base_url):
            raise ValueError("base URL is a scheme and a host, with no path")
        if self.base_url.startswith("http:") and not _nearby(urlsplit(self.base_url).hostname or ""):
            raise ValueError("keys and money travel by https; http is for this machine and its network")
        return self


def _nearby(host: str) -> bool:
    """Loopback, a private address, or a name that no public resolver answers ("sandbox", "demo.test")."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.rpartition(".")[2] in {"test", "local", "localhost", "internal"}


def _named(prefix: str, error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        field = str(item["loc"][0]).upper() if item["loc"] else "BASE_URL"
        lines.append(f"{prefix}{field}: {item['msg']}")
    return "; ".join(lines)

"""One account's settings, read from variables that begin with the system's name."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, Self, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from providers.errors import Misconfigured

_PLACEHOLDER = re.compile(r"(?i)(<.*>|\.{3,}|x{3,}|change[-_ ]?me.*|your[-_ ].*|todo|secret|password|token|example.*)")

WebAddress = Annotated[str, Field(pattern=r"^(https?://\S+)?$")]


def is_placeholder(value: str) -> bool:
    """Whether a value was copied from an example and never filled in."""
    return bool(_PLACEHOLDER.fullmatch(value.strip()))


_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that whoever connects an account is asked for. `name` is what the system's own pages call it."""

    field: str
    name: str
    needed: bool
    example: str = ""


class ProviderSettings(BaseModel):
    """A subclass declares its fields, titled as the system's pages call them; `missing` names what a half-filled
    account lacks.

    `unasked` are fields that nobody is asked for in a chat: addresses are ours or the operator's, not a merchant's.
    `drawn` are words of our own making, by the parameter of the callbacks' address that has to bring each back.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    unasked: ClassVar[frozenset[str]] = frozenset({"base_url", "callback_url", "return_url"})
    drawn: ClassVar[Mapping[str, str]] = {}

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

    @classmethod
    def question(cls, given: Mapping[str, str], passed: Collection[str]) -> Question | None:
        """What to ask for next, the indispensable first; None once all is given or `passed` over."""
        partly: Mapping[str, Any] = given
        lacking = cls.model_construct(**partly).missing()
        asked = {
            name: name in lacking or field.is_required()
            for name, field in cls.model_fields.items()
            if name not in cls.unasked | cls.drawn.keys() and name not in given
        }
        open_ones = [name for name, needed in asked.items() if needed or name not in passed]
        name = min(open_ones, key=lambda one: not asked[one], default=None)
        if name is None:
            return None
        field = cls.model_fields[name]
        example = str(field.examples[0]) if field.examples else ""
        return Question(name, field.title or name.replace("_", " "), asked[name], example)

    @classmethod
    def suits(cls, field: str, value: str) -> bool:
        """Whether it is written as this field is. Says nothing of whether it is the right one."""
        if not value or len(value) > _LONGEST or not (value.isascii() and value.isprintable()) or is_placeholder(value):
            return False
        if cls._is_secret(field) and " " in value:
            return False
        try:
            cls(**{field: value})
        except ValidationError as error:
            return all(item["loc"][:1] != (field,) for item in error.errors())
        return True

    @classmethod
    def _is_secret(cls, field: str) -> bool:
        kind = cls.model_fields[field].annotation
        return kind is SecretStr or SecretStr in get_args(kind)

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

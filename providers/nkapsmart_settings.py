"""What a merchant tells of an account at Nkapsmart, with the codes that Nkapsmart does not publish."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator

from providers.addresses import NETWORKS, flaw
from providers.settings import ProviderSettings, WebAddress

PAYER: Final = "payer"
"""In place of a wallet's address: the payer tells theirs."""


def _pairs(value: object) -> object:
    """ "MTN=0,ORANGE=1" """
    if not isinstance(value, str):
        return value
    named: dict[str, str] = {}
    for part in value.split(",") if value.strip() else []:
        name, _, code = (word.strip() for word in part.partition("="))
        if not name or not code or name.upper() in named:
            raise ValueError("write it as NAME=VALUE,NAME=VALUE, each name once")
        named[name.upper()] = code
    return named


def _apart(codes: Mapping[str, object]) -> Mapping[str, object]:
    if len(set(codes.values())) < len(codes):
        raise ValueError("two names have the same code")
    return codes


Pairs = BeforeValidator(_pairs)
Apart = AfterValidator(_apart)


class NkapsmartSettings(ProviderSettings):
    drawn: ClassVar[Mapping[str, str]] = {"callback_token": "token"}

    base_url: str = "https://api.nkapsmart.cm"
    api_key: SecretStr | None = Field(None, title="API key")
    application_key: SecretStr | None = Field(None, title="Application key")
    secret_key: SecretStr | None = Field(None, title="Secret key")
    email: str = Field("", title="E-mail")
    operators: Annotated[Mapping[str, Annotated[int, Field(ge=0)]], Pairs, Apart] = Field(
        default_factory=dict, title="Operators", examples=["MTN=0,ORANGE=1"]
    )
    networks: Annotated[Mapping[str, str], Pairs, Apart] = Field(
        default_factory=dict, title="Networks", examples=["TRON=code,BSC=code"]
    )
    wallets: Annotated[Mapping[str, str], Pairs] = Field(default_factory=dict)
    crypto_currency: Literal["XAF", "USDT"] | None = None
    callback_token: SecretStr | None = None
    return_url: WebAddress = ""

    @field_validator("email")
    @classmethod
    def _address(cls, email: str) -> str:
        if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            raise ValueError("not an e-mail address")
        return email

    @field_validator("networks")
    @classmethod
    def _known(cls, networks: Mapping[str, str]) -> Mapping[str, str]:
        if strangers := networks.keys() - NETWORKS:
            raise ValueError(f"unknown: {', '.join(sorted(strangers))}; known are {', '.join(sorted(NETWORKS))}")
        return networks

    @field_validator("wallets")
    @classmethod
    def _well_written(cls, wallets: Mapping[str, str]) -> Mapping[str, str]:
        for network, address in wallets.items():
            if address != PAYER and (wrong := flaw(network, address)):
                raise ValueError(f"{network}: {wrong.words}")
        return wallets

    def missing(self) -> list[str]:
        lacking = [name for name in ("api_key", "secret_key", "email") if not getattr(self, name)]
        return lacking + (["crypto_currency"] if self.networks and not self.crypto_currency else [])

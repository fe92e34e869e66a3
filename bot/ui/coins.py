"""Reads what a line says of crypto: its currency, a network, an address. Pure."""

import re
from dataclasses import dataclass

from bot.errors import UserError
from providers.addresses import NETWORKS, Flaw, flaw

TOKEN = "USDT"  # noqa: S105 - a currency
_CALLED = {
    **{name: name for name in NETWORKS},
    "TRC20": "TRON",
    "TRC-20": "TRON",
    "TRX": "TRON",
    "ERC20": "ETHEREUM",
    "ERC-20": "ETHEREUM",
    "ETH": "ETHEREUM",
    "BEP20": "BSC",
    "BEP-20": "BSC",
    "BNB": "BSC",
    "MATIC": "POLYGON",
}
_ADDRESS = re.compile(r"(?<!\S)(T[1-9A-HJ-NP-Za-km-z]{25,40}|0x[0-9a-fA-F]{30,50})(?!\S)")
_TOKEN = re.compile(rf"(?i)(?<=\d)\s*{TOKEN}\b")


@dataclass(frozen=True, slots=True)
class Coins:
    """What was said, empty where it was not."""

    currency: str = ""
    network: str = ""
    address: str = ""


def split_coins(text: str) -> tuple[str, Coins | None]:
    """The line without what it says of crypto. None: it says nothing of it, and is left as it is."""
    currency, address = _TOKEN.search(text), _ADDRESS.search(text)
    if not currency and not address:
        return text, None
    rest = _ADDRESS.sub(" ", _TOKEN.sub(" ", text))
    words = [(word, network_named(word)) for word in rest.split()]
    network = next((named for _, named in words if named), "")
    if address and not network and address[1].startswith("T"):
        network = "TRON"
    return (
        " ".join(word for word, named in words if not named),
        Coins(TOKEN if currency else "", network, address[1] if address else ""),
    )


def network_named(word: str) -> str:
    """As people call it, TRC20 or BEP20; empty for any other word."""
    return _CALLED.get(word.upper(), "")


def checked(network: str, address: str) -> str:
    """Raises UserError for an address at which the money would be lost."""
    wrong = flaw(network, "".join(address.split()))
    if wrong is None:
        return "".join(address.split())
    raise UserError(f"address.{wrong}", network=network) if wrong is not Flaw.NETWORK else UserError("network.unknown")


def short(address: str) -> str:
    """What a person compares: the first and the last six characters."""
    return f"{address[:6]}…{address[-6:]}"

"""Blockchain addresses: whether one is well written for its network. Knows no payment system.

A well written address can still be somebody else's; a badly written one loses the money for good.
"""

import re
from enum import StrEnum

import base58

EVM = frozenset({"ARBITRUM", "AVALANCHE", "BASE", "BSC", "ETHEREUM", "OPTIMISM", "POLYGON"})
NETWORKS = EVM | {"TRON"}

_TRON = re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}")
_TRON_MAINNET = 0x41
_EVM = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH = re.compile(r"(0x)?[0-9a-fA-F]{64}")


class Flaw(StrEnum):
    """Why nothing must be sent to an address."""

    NETWORK = "network"
    TRON_SHAPE = "tron_shape"
    EVM_SHAPE = "evm_shape"
    WRONG_LETTER = "wrong_letter"
    TEST_NETWORK = "test_network"
    NOBODY = "nobody"
    UNCHECKED = "unchecked"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Flaw.NETWORK: "no network known here",
    Flaw.TRON_SHAPE: "a TRON address is a T and 33 more letters and digits",
    Flaw.EVM_SHAPE: "such an address is 0x and 40 hexadecimal digits",
    Flaw.WRONG_LETTER: "not an address: a letter is wrong",
    Flaw.TEST_NETWORK: "not an address of TRON's main network",
    Flaw.NOBODY: "nobody owns this address",
    Flaw.UNCHECKED: "the address has no check in it: copy it as the wallet shows it, with capital and small letters",
}


def flaw(network: str, address: str) -> Flaw | None:
    """None: the address is well written."""
    if network == "TRON":
        return _tron(address)
    return _evm(address) if network in EVM else Flaw.NETWORK


def is_hash(words: str) -> bool:
    """Whether it can be the name of a transaction, which both families write as 32 bytes."""
    return bool(_HASH.fullmatch(words))


def _tron(address: str) -> Flaw | None:
    if not _TRON.fullmatch(address):
        return Flaw.TRON_SHAPE
    try:
        decoded = base58.b58decode_check(address)
    except ValueError:
        return Flaw.WRONG_LETTER
    if len(decoded) != 21 or decoded[0] != _TRON_MAINNET:
        return Flaw.TEST_NETWORK
    return None if any(decoded[1:]) else Flaw.NOBODY


def _evm(address: str) -> Flaw | None:
    """EIP-55. One in small letters only is common, and unchecked: refused, since nothing would notice a slip."""
    if not _EVM.fullmatch(address):
        return Flaw.EVM_SHAPE
    if not int(address, 16):
        return Flaw.NOBODY
    if address == checksummed(address):
        return None
    one_case = address[2:] in {address[2:].lower(), address[2:].upper()}
    return Flaw.UNCHECKED if one_case else Flaw.WRONG_LETTER


def checksummed(address: str) -> str:
    """https://eips.ethereum.org/EIPS/eip-55"""
    from Crypto.Hash import keccak  # slow to load, and few shops are paid in coins

    digits = address[2:].lower()
    nibbles = keccak.new(data=digits.encode(), digest_bits=256).hexdigest()
    return "0x" + "".join(
        digit.upper() if int(nibble, 16) >= 8 else digit for digit, nibble in zip(digits, nibbles, strict=False)
    )

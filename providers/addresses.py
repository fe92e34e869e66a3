"""Blockchain addresses: whether one is well written for its network. Knows no payment system.

A well written address can still be somebody else's; a badly written one loses the money for good.
"""

import re

import base58
from Crypto.Hash import keccak

EVM = frozenset({"ARBITRUM", "AVALANCHE", "BASE", "BSC", "ETHEREUM", "OPTIMISM", "POLYGON"})
NETWORKS = EVM | {"TRON"}

_TRON = re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}")
_TRON_MAINNET = 0x41
_EVM = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH = re.compile(r"(0x)?[0-9a-fA-F]{64}")


def flaw(network: str, address: str) -> str:
    """Why nothing must be sent there, in one line; empty where the address is well written."""
    if network == "TRON":
        return _tron(address)
    return _evm(address) if network in EVM else f"{network or 'that'} is no network known here"


def is_hash(words: str) -> bool:
    """Whether it can be the name of a transaction, which both families write as 32 bytes."""
    return bool(_HASH.fullmatch(words))


def _tron(address: str) -> str:
    if not _TRON.fullmatch(address):
        return "a TRON address is a T and 33 more letters and digits"
    try:
        decoded = base58.b58decode_check(address)
    except ValueError:
        return "not a TRON address: a letter is wrong"
    if len(decoded) != 21 or decoded[0] != _TRON_MAINNET:
        return "not an address of TRON's main network"
    return "" if any(decoded[1:]) else "nobody owns this address"


def _evm(address: str) -> str:
    """EIP-55. One in small letters only is common, and unchecked: refused, since nothing would notice a slip."""
    if not _EVM.fullmatch(address):
        return "such an address is 0x and 40 hexadecimal digits"
    if not int(address, 16):
        return "nobody owns this address"
    if address == checksummed(address):
        return ""
    if address[2:] in {address[2:].lower(), address[2:].upper()}:
        return "the address has no check in it: copy it as the wallet shows it, with capital and small letters"
    return "not an address: a letter is wrong"


def checksummed(address: str) -> str:
    """https://eips.ethereum.org/EIPS/eip-55"""
    digits = address[2:].lower()
    nibbles = keccak.new(data=digits.encode(), digest_bits=256).hexdigest()
    return "0x" + "".join(
        digit.upper() if int(nibble, 16) >= 8 else digit for digit, nibble in zip(digits, nibbles, strict=False)
    )

"""Addresses of blockchains: a slip in one loses the money for good."""

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.addresses import EVM, Flaw, checksummed, flaw, is_hash

# https://eips.ethereum.org/EIPS/eip-55, its test cases
EIP_55 = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
# The contract of USDT on TRON, the one address of that network that everybody can check.
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


@pytest.mark.parametrize("address", EIP_55)
@pytest.mark.parametrize("network", sorted(EVM))
def test_a_checksummed_address_is_good_on_every_evm_network(network: str, address: str) -> None:
    assert flaw(network, address) is None


def test_a_tron_address_is_good_on_tron_and_nowhere_else() -> None:
    assert flaw("TRON", TRON) is None
    assert flaw("BSC", TRON)
    assert flaw("TRON", EIP_55[4])


@pytest.mark.parametrize("network", ["", "BITCOIN", "tron"])
def test_on_an_unknown_network_no_address_is_good(network: str) -> None:
    assert flaw(network, TRON)


@pytest.mark.parametrize("written", [EIP_55[4].lower(), "0x" + EIP_55[4][2:].upper(), EIP_55[4].swapcase()])
def test_an_address_without_its_capitals_is_not_trusted(written: str) -> None:
    assert flaw("ETHEREUM", written)


@pytest.mark.parametrize("address", ["", " ", TRON + " ", " " + TRON, TRON + "\n", TRON[:-1], "0x", EIP_55[4] + "0"])
def test_what_is_too_long_or_too_short_is_no_address(address: str) -> None:
    assert flaw("TRON", address)
    assert flaw("ETHEREUM", address)


def test_nobody_owns_the_address_of_zeros() -> None:
    assert flaw("ETHEREUM", "0x" + "0" * 40) is Flaw.NOBODY
    assert flaw("TRON", base58.b58encode_check(b"\x41" + bytes(20)).decode()) is Flaw.NOBODY


def test_another_chain_of_the_same_alphabet_is_not_tron() -> None:
    assert flaw("TRON", base58.b58encode_check(b"\xa0" + b"1" * 20).decode())


@given(st.integers(0, 33), st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"))
def test_one_wrong_letter_is_noticed_on_tron(at: int, letter: str) -> None:
    slipped = TRON[:at] + letter + TRON[at + 1 :]
    assert bool(flaw("TRON", slipped)) == (slipped != TRON)


@given(st.binary(min_size=20, max_size=20).filter(any))
def test_every_address_can_be_written_so_that_it_is_good(payload: bytes) -> None:
    assert flaw("ETHEREUM", checksummed("0x" + payload.hex())) is None
    assert flaw("TRON", base58.b58encode_check(b"\x41" + payload).decode()) is None


@pytest.mark.parametrize(
    ("words", "good"), [("a" * 64, True), ("0x" + "A1" * 32, True), ("a" * 63, False), ("", False)]
)
def test_a_transaction_has_a_hash_of_32_bytes(words: str, good: bool) -> None:
    assert is_hash(words) is good

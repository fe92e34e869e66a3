import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.ui.coins import Coins, checked, network_named, short, split_coins
from bot.ui.parse import parse_wish

TRON = "TF8iBfzyWjUXuQeKWfJo34iVeH6NcVTin7"
EVM = "0x8D3924E65Bc039A5C1D5c9646566abac2fE71044"


@pytest.mark.parametrize(
    ("line", "rest", "coins"),
    [
        ("20 USDT", "20", Coins("USDT")),
        ("20usdt 677777777 rent", "20 677777777 rent", Coins("USDT")),
        (f"6000 677777777 {TRON} rent", "6000 677777777 rent", Coins("", "TRON", TRON)),
        (f"12.5 USDT TRC20 {TRON}", "12.5", Coins("USDT", "TRON", TRON)),
        (f"12.5 USDT bep20 {EVM} rent", "12.5 rent", Coins("USDT", "BSC", EVM)),
        (f"6000 {EVM}", "6000", Coins("", "", EVM)),
        ("5000 677777777 shoes", "5000 677777777 shoes", None),
        ("5000 677777777 base", "5000 677777777 base", None),
        ("5000 677777777 Total", "5000 677777777 Total", None),
        ("", "", None),
    ],
)
def test_what_a_line_says_of_crypto_is_taken_out_of_it(line: str, rest: str, coins: Coins | None) -> None:
    assert split_coins(line) == (rest, coins)


@given(st.text(max_size=80))
def test_no_line_breaks_it_and_one_without_crypto_is_left_alone(line: str) -> None:
    rest, coins = split_coins(line)
    assert coins or rest == line


def test_what_is_left_reads_as_money() -> None:
    rest, coins = split_coins("12.5 USDT 677777777 rent")
    assert coins
    wish = parse_wish(rest, "CM", coins.currency)
    assert wish.amount
    assert (wish.amount.plain, wish.description) == ("12.500000", "rent")


@pytest.mark.parametrize(("word", "network"), [("trc20", "TRON"), ("ERC-20", "ETHEREUM"), ("bsc", "BSC"), ("via", "")])
def test_networks_are_known_by_what_people_call_them(word: str, network: str) -> None:
    assert network_named(word) == network


@pytest.mark.parametrize(
    ("network", "address", "key"),
    [
        ("TRON", TRON[:-1], "address.tron_shape"),
        ("TRON", TRON[:-1] + "8", "address.wrong_letter"),
        ("BSC", EVM.lower(), "address.unchecked"),
        ("BSC", EVM[:-1] + "5", "address.wrong_letter"),
        ("BSC", "0x" + "0" * 40, "address.nobody"),
        ("BSC", TRON, "address.evm_shape"),
        ("SOLANA", EVM, "network.unknown"),
    ],
)
def test_a_bad_address_is_refused_in_words(network: str, address: str, key: str) -> None:
    with pytest.raises(UserError) as refused:
        checked(network, address)
    assert refused.value.key == key


def test_a_good_one_is_taken_without_the_spaces_that_came_along() -> None:
    assert checked("TRON", f" {TRON[:10]} {TRON[10:]}\n") == TRON
    assert short(TRON) == "TF8iBf…cVTin7"

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.places import place_named, split_places

WALLETS = ["CM", "GA", "CG", "CD", "CI", "BJ", "KE"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("CM", "CM"),
        ("cmr", "CM"),
        ("Cameroun", "CM"),
        ("Cameroon", "CM"),
        ("CIV", "CI"),
        ("Côte d’Ivoire", "CI"),
        ("cote d'ivoire", "CI"),
        ("Congo-Brazzaville", "CG"),
        ("Bénin", "BJ"),
        ("France", ""),
        ("ZMB", ""),
        ("5000", ""),
        ("5000 CM", ""),
        ("", ""),
    ],
)
def test_a_country_is_known_by_its_codes_and_its_names(text: str, place: str) -> None:
    assert place_named(text, WALLETS) == place


@pytest.mark.parametrize(
    ("text", "places", "rest"),
    [
        ("CM GA stock", ["CM", "GA"], "stock"),
        ("du Cameroun au Gabon pour le stock", ["CM", "GA"], "pour le stock"),
        ("from Cameroon to Côte d’Ivoire", ["CM", "CI"], ""),
        ("CMR → GAB", ["CM", "GA"], ""),
        ("CM stock GA", ["CM"], "stock GA"),
        ("stock", [], "stock"),
        ("", [], ""),
    ],
)
def test_a_line_begins_with_two_wallets(text: str, places: list[str], rest: str) -> None:
    assert split_places(text, WALLETS) == (places, rest)


@given(st.text(max_size=60))
def test_no_line_breaks_it(text: str) -> None:
    places, _ = split_places(text, WALLETS)
    assert len(places) <= 2

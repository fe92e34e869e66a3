"""What a merchant is asked for when an account is connected: read from each gateway's settings."""

import pytest
from pydantic import Field, SecretStr

from providers import discover
from providers.settings import ProviderSettings

SYSTEMS = {name: system.Settings for name, system in discover().items()}

NEEDED = {
    "campay": ["token"],
    "kpay": ["api_key", "secret_key"],
    "nkapsmart": ["api_key", "secret_key", "email"],
    "sauripay": ["public_id", "merchant_id", "secret_key", "provider_ids"],
}


def asked(settings: type[ProviderSettings]) -> tuple[list[str], list[str]]:
    """The fields in turn, each indispensable one given and each other passed over."""
    given: dict[str, str] = {}
    passed: list[str] = []
    while question := settings.question(given, passed):
        assert question.name
        if question.needed:
            assert not passed
            given[question.field] = "x"
        else:
            passed.append(question.field)
    return list(given), passed


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_is_needed_is_asked_first_and_addresses_never(name: str) -> None:
    needed, others = asked(SYSTEMS[name])
    assert needed == NEEDED[name]
    assert not {"base_url", "callback_url", "return_url", "callback_token", "username", "password"} & set(others)


class Fifth(ProviderSettings):
    base_url: str = "https://fifth.test"
    shop_code: str = Field(pattern=r"^[A-Z]{3}$")
    key: SecretStr | None = None


def test_a_fifth_systems_fields_are_asked_for_by_their_names() -> None:
    question = Fifth.question({}, [])
    assert question
    assert (question.field, question.name, question.needed) == ("shop_code", "shop code", True)
    assert asked(Fifth) == (["shop_code"], ["key"])


def test_what_depends_on_another_answer_is_needed_once_that_is_given() -> None:
    question = SYSTEMS["nkapsmart"].question(
        {"api_key": "k", "secret_key": "s", "email": "a@b.cm", "networks": "TRON=1"}, []
    )
    assert question
    assert (question.field, question.needed) == ("crypto_currency", True)


@pytest.mark.parametrize(
    ("name", "field", "value", "fits"),
    [
        ("campay", "token", "a" * 40, True),
        ("campay", "token", "", False),
        ("campay", "token", "two words", False),
        ("campay", "token", "line\nline", False),
        ("campay", "token", "clé", False),
        ("campay", "token", "your-token", False),
        ("campay", "token", "a" * 1001, False),
        ("nkapsmart", "email", "awa@shop.cm", True),
        ("nkapsmart", "email", "awa", False),
        ("nkapsmart", "operators", "MTN=0, ORANGE=1", True),
        ("nkapsmart", "operators", "MTN", False),
        ("sauripay", "provider_ids", "CM:MTN=9063", True),
        ("sauripay", "provider_ids", "9063", False),
    ],
)
def test_an_answer_that_cannot_be_right_is_known_before_it_is_tried(
    name: str, field: str, value: str, fits: bool
) -> None:
    assert SYSTEMS[name].suits(field, value) is fits

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from providers import discover
from providers.base import Provider
from providers.client import Client
from providers.errors import Unsupported
from providers.messages import Balance, Verb
from providers.money import Money
from providers.sheet import Sheet


class Purse(Provider):
    sheet = Sheet("Purse", ())

    async def balance(self) -> list[Balance]:
        return [Balance(Money(5, "XAF"))]


class SecondPurse(Purse):
    async def rate(self, base: str, quote: str) -> Decimal:
        return Decimal(1)


def test_a_system_has_the_verbs_that_its_class_writes() -> None:
    assert Purse.verbs == {Verb.BALANCE}
    assert SecondPurse.verbs == {Verb.BALANCE, Verb.RATE}


def test_a_system_is_named_after_its_class_unless_it_says_otherwise() -> None:
    assert (Purse.name, SecondPurse.name) == ("purse", "secondpurse")


async def nothing(self: Any) -> None:
    pass


@pytest.mark.parametrize("odd", [nothing, staticmethod(nothing), classmethod(nothing), property(nothing)])
def test_a_misspelt_verb_is_refused_when_the_class_is_made(odd: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=r"no verbs: \['colect'\]"):
        type("Typo", (Provider,), {"colect": odd})


def test_helpers_are_private() -> None:
    assert not vars(type("Helped", (Provider,), {"_sign": nothing}))["verbs"]


async def test_a_verb_that_is_not_written_says_whose_it_is_not() -> None:
    purse = Purse(None, Client("purse", "http://127.0.0.1"), lambda: datetime.now(UTC))
    with pytest.raises(Unsupported, match="Purse: rate"):
        await purse.rate("USD", "XAF")
    await purse.close()


def test_every_verb_is_a_method_of_a_provider() -> None:
    assert all(callable(getattr(Provider, verb)) for verb in Verb)


def test_discovery_goes_by_name() -> None:
    found = discover()
    assert "campay" in found
    assert list(found) == sorted(found)
    assert all(cls.name == name for name, cls in found.items())

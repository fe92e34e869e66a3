"""Money: a whole number of minor units and a currency, and how systems write it on the wire."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from typing import Self

# ISO 4217 minor units; francs CFA, Rwandan francs and Ugandan shillings have none.
EXPONENTS = {
    "XAF": 0, "XOF": 0, "RWF": 0, "UGX": 0, "GNF": 0,
    "KES": 2, "TZS": 2, "GHS": 2, "NGN": 2, "ZMW": 2, "CDF": 2, "MWK": 2, "MZN": 2, "ETB": 2, "SLE": 2,
    "GMD": 2, "EGP": 2, "ZAR": 2, "USD": 2, "EUR": 2,
    "USDT": 6,
}  # fmt: skip

# What a 64-bit column holds, and far beyond any payment. Keeps 1e999999999 from becoming a billion digits.
_TOO_MUCH = 10**18
_EXACTLY = Context(prec=38, traps=[Inexact, InvalidOperation, Overflow])
# Decimal() alone would also read "5_000", "1e3", " 5" and Arabic digits.
_PLAIN = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,12})?")


@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError("money is a whole number of minor units")
        if self.currency not in EXPONENTS:
            raise ValueError(f"unknown currency {self.currency!r}")
        if abs(self.minor) >= _TOO_MUCH:
            raise ValueError("beyond any payment")

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> Self:
        """Exact or ValueError: nothing is rounded."""
        if currency not in EXPONENTS:
            raise ValueError(f"unknown currency {currency!r}")
        if not amount.is_finite() or amount.adjusted() > 20:
            raise ValueError("not an amount of money")
        try:
            minor = amount.scaleb(EXPONENTS[currency], _EXACTLY)
        except DecimalException:
            raise ValueError("not an amount of money") from None
        if minor != minor.to_integral_value():
            raise ValueError(f"{currency} has {EXPONENTS[currency]} decimals")
        return cls(int(minor), currency)

    @classmethod
    def from_wire(cls, value: object, currency: str) -> Self:
        """Reads 5000, "5000", "5000.00" and Decimal; anything else, "None" and floats included, is a ValueError.

        JSON must be read with `parse_float=Decimal`, so that a float never exists.
        """
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return cls.from_decimal(Decimal(value), currency)
        if isinstance(value, str) and _PLAIN.fullmatch(value):
            return cls.from_decimal(Decimal(value), currency)
        raise ValueError("not an amount")

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-EXPONENTS[self.currency])

    @property
    def plain(self) -> str:
        """ "5000" for francs, "12.50" for shillings: no exponent, no grouping."""
        return f"{self.decimal:f}"

    @property
    def whole(self) -> int:
        """For systems that take integers only; ValueError where there is a fraction."""
        if self.decimal != self.decimal.to_integral_value():
            raise ValueError(f"{self.plain} {self.currency} is not a whole amount")
        return int(self.decimal)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{other.currency} is not {self.currency}")
        return other.minor

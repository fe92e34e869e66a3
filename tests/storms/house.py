"""The merchant's own rules in a storm, drawn from its seed and in the books before it begins."""

from base64 import b32encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from random import Random

from sqlmodel import Session

from bot.payments.policy import Bounds, FirstPayee
from providers.money import EXPONENTS
from storage import factors, people, policies
from storage.models import Merchant, Policy
from storage.sealing import Sealer
from tests.storms import town

KEY = "seals-what-the-storm-has-to-seal-and-nothing-else"
_CURRENCIES = ("XAF", "XOF", "KES")


@dataclass(frozen=True, slots=True)
class House:
    """`secrets` are the second factors by person. `rush`: at one moment everybody lets the same payee be paid."""

    bounds: Mapping[str, Bounds]
    first_payee: FirstPayee
    secrets: Mapping[int, str]
    rush: bool

    @classmethod
    def drawn(cls, chance: Random) -> "House":
        """Half of them know only the standard, whose limits no storm reaches."""
        strict, guarded = chance.random() < 0.5, chance.random() < 0.25
        if strict and chance.random() < 0.5:
            return cls.rushed(chance)
        low = {
            "approval_from": chance.choice([None, 2_000]),
            "cashier_from": 0,
            "per_payout": chance.choice([None, 2_500, 4_000]),
            "per_person": chance.choice([None, 4_000, 7_000]),
            "per_payee": chance.choice([None, 3_000, 5_000]),
        }
        factor_from = chance.choice([200, 2_000]) if guarded else None
        wary = chance.choice([FirstPayee.APPROVE, FirstPayee.FREE, FirstPayee.WAIT])
        holders = [town.OWNER, town.APPROVER][: chance.choice([1, 2])] if guarded else []
        return cls(
            {currency: _bounds(currency, low if strict else {}, factor_from) for currency in _CURRENCIES},
            wary if strict else FirstPayee.APPROVE,
            {holder: b32encode(chance.randbytes(20)).decode() for holder in holders},
            rush=False,
        )

    @classmethod
    def rushed(cls, chance: Random) -> "House":
        """One tap lets money go, and only the sums of a day are in its way."""
        low = {
            "approval_from": None,
            "cashier_from": 0,
            "per_payout": None,
            "per_person": chance.choice([None, 5_000]),
            "per_payee": chance.choice([5_000, 7_000]),
        }
        bounds = {currency: _bounds(currency, low, None) for currency in _CURRENCIES}
        return cls(bounds, FirstPayee.FREE, {}, rush=True)

    def lay_down(self, session: Session) -> None:
        house = session.get_one(Merchant, people.HOUSE)
        house.first_payee = self.first_payee
        session.add(house)
        for currency, bounds in self.bounds.items():
            if bounds != Bounds.standard(currency):
                policies.save(session, Policy(merchant_id=people.HOUSE, currency=currency, **asdict(bounds)))
        for person, secret in self.secrets.items():
            factors.enrol(session, person, Sealer([KEY]).seal(secret), 0)


def _bounds(currency: str, low: Mapping[str, int | None], factor_from: int | None) -> Bounds:
    def minor(whole: int | None) -> int | None:
        return None if whole is None else whole * 10 ** EXPONENTS[currency]

    known = asdict(Bounds.standard(currency)) | {name: minor(whole) for name, whole in low.items()}
    return Bounds(**known | {"factor_from": minor(factor_from)})

"""What is known of a system before it is asked: where it works, by which rails, how often it may be looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from providers.messages import Channel, Kind
from providers.money import Money


@dataclass(frozen=True, slots=True)
class Coverage:
    """One country a system serves: ISO 3166 alpha-2, its currency, its operators in capitals."""

    country: str
    currency: str
    operators: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rail:
    """One way by which an account can move money. Limits are inclusive; None is none known.

    `operator` empty is any. `extras` names what must be asked beyond the number; for "otp", `dial` is what the payer
    dials to get the code, `{amount}` in it standing for the whole amount. `code` is the system's own name for it.
    `targets` are the countries of the wallets that a transfer can reach.
    """

    kind: Kind
    country: str
    currency: str
    operator: str = ""
    channel: Channel = Channel.MOBILE
    minimum: Money | None = None
    maximum: Money | None = None
    multiple: Money | None = None
    extras: tuple[str, ...] = ()
    dial: str = ""
    code: str = ""
    targets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pace:
    """How a system likes to be asked. `first`: before the first look; `closest`: between two looks at one payment.

    `silence` is how long an attempt that the system does not know at all is asked about before a person decides.
    `scarce` is there while an account allows fewer looks than its payments would like: the gap at a payment's age.
    """

    first: timedelta = timedelta(seconds=2)
    closest: timedelta = timedelta(seconds=3)
    silence: timedelta = timedelta(minutes=30)
    scarce: Callable[[timedelta], timedelta] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The data sheet. `fees`: share kept, by kind, only where the system publishes it.

    `payee_bears`: kinds whose fee is taken out of the amount, so that less arrives.
    """

    title: str
    coverage: tuple[Coverage, ...]
    pace: Pace = Pace()
    fees: Mapping[Kind, Decimal] = field(default_factory=dict)
    knows_operator: frozenset[Kind] = frozenset()
    """Where it finds the operator from the number alone. For everything else it has to be told the right one."""
    payee_bears: frozenset[Kind] = frozenset()
    finds_lost: bool = False
    """Whether `status` can find an attempt whose reply was lost, from our key alone."""
    speaks: str = "en"
    """The language in which its support is written to: "fr" or "en"."""

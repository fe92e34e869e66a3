"""What was understood of a line: one command, or some that it may be. Pure."""

from dataclasses import dataclass

from bot.payments.phone import Phone
from providers.money import Money


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is said: what a number without a country and an amount without a currency mean."""

    country: str
    currency: str


@dataclass(frozen=True, slots=True)
class Said:
    """A command and what it is about. `name` is of a saved payee, as it was said; `text` is for a command that is no
    payment.
    """

    command: str
    amount: Money | None = None
    phone: Phone | None = None
    name: str = ""
    description: str = ""
    text: str = ""

    @property
    def line(self) -> str:
        """What would stand behind the command, were it typed. The currency ends the amount, whatever follows."""
        amount = f"{self.amount.decimal:f}{self.amount.currency}" if self.amount else ""
        phone = f"+{self.phone.msisdn}" if self.phone else ""
        return self.text or " ".join(filter(None, (amount, phone, self.name, self.description)))


@dataclass(frozen=True, slots=True)
class Meaning:
    """`sure`: there is one choice, and it is what the person said."""

    choices: tuple[Said, ...]
    sure: bool


class Talk(Exception):
    """It is none of ours."""

"""What a person wants moved, as far as they have said it; and that as a row, while questions are open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.payments.amounts import as_money_of
from bot.payments.phone import Phone
from bot.payments.routing import TARGET
from bot.payments.service import Ask
from providers.messages import Channel, Kind
from providers.money import Money

Step = Literal["amount", "phone", "description", "source", "target", "network"]

_STEPS: Mapping[tuple[Kind, Channel | None], tuple[Step, ...]] = {
    (Kind.AIRTIME, None): ("amount", "phone"),  # nobody reads a description there
    (Kind.TRANSFER, None): ("amount", "source", "target"),
    (Kind.COLLECTION, Channel.LINK): ("amount", "description"),
    (Kind.COLLECTION, Channel.CRYPTO): ("amount", "network", "description"),
    (Kind.PAYOUT, Channel.CRYPTO): ("amount", "phone", "network", "description"),
}
_USUAL: tuple[Step, ...] = ("amount", "phone", "description")


@dataclass(frozen=True, slots=True)
class Wish:
    """None and empty are not said. `via` insists on a system, `channel` on a way.

    `source` and `target` are countries of a transfer's wallets; `network` is a blockchain's name.
    """

    amount: Money | None = None
    phone: Phone | None = None
    description: str | None = None
    extras: Mapping[str, str] = field(default_factory=dict)
    via: str = ""
    channel: Channel | None = None
    source: str = ""
    target: str = ""
    network: str = ""

    def gap(self, kind: Kind) -> Step | None:
        """What must be asked next before a system can be looked for."""
        steps = _STEPS.get((kind, self.channel), _STEPS.get((kind, None), _USUAL))
        return next((step for step in steps if getattr(self, step) in (None, "") and not self._told(step)), None)

    def _told(self, step: Step) -> bool:
        """A description can be empty and yet be the answer."""
        return step == "description" and self.description is not None

    def as_ask(self, kind: Kind, home: str, chat_id: int, message_id: int) -> Ask:
        """Once no gap is left. `home` is the shop's country, where no phone or wallet names one."""
        assert self.amount  # noqa: S101 - no gap is left
        extras = {**self.extras, **({TARGET: self.target} if self.target else {})}
        return Ask(
            kind,
            self.amount if self.channel is Channel.CRYPTO else as_money_of(self.amount, self._where(home)),
            self._party(home),
            self.description or "",
            chat_id,
            message_id,
            channel=self.channel,
            extras=extras,
            via=self.via,
        )

    def _where(self, home: str) -> str:
        return self.source or (self.phone.country if self.phone else home)

    def _party(self, home: str) -> Phone:
        """Where nobody's phone is concerned, only the country is known; crypto's operator is its network."""
        known = self.phone or Phone("", self.source or home, "")
        return Phone(known.msisdn, known.country, self.network) if self.channel is Channel.CRYPTO else known


def to_row(wish: Wish) -> dict[str, Any]:
    phone = wish.phone
    return {
        "amount": [wish.amount.minor, wish.amount.currency] if wish.amount else None,
        "phone": [phone.msisdn, phone.country, phone.operator] if phone else None,
        "description": wish.description,
        "extras": dict(wish.extras),
        "via": wish.via,
        "channel": wish.channel,
        "source": wish.source,
        "target": wish.target,
        "network": wish.network,
    }


def from_row(answers: dict[str, Any]) -> Wish:
    """A row of an earlier version may lack what came later."""
    told = {name: answers[name] for name in ("description", "extras", "via", "source", "target", "network")
            if name in answers}  # fmt: skip
    amount, phone, channel = answers["amount"], answers["phone"], answers.get("channel")
    return Wish(
        Money(*amount) if amount else None,
        Phone(*phone) if phone else None,
        channel=Channel(channel) if channel else None,
        **told,
    )

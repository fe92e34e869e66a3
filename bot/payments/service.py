"""The counter's verbs: draft, confirm, cancel, and what a member may look up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.errors import UserError
from bot.payments import approvals, decisions
from bot.payments.accounts import Accounts
from bot.payments.decisions import PLAIN, LooksRepeated, Word
from bot.payments.expiry import DRAFT_LIVES
from bot.payments.phone import Phone, wallet
from bot.payments.routes import Routes
from bot.payments.routing import TARGET, Need, NoRoute, Obstacle, Route
from providers.base import Clock, Provider, Trial
from providers.messages import Channel, Kind, StepKind, Verb
from providers.money import Money
from providers.sheet import Rail
from storage import payments
from storage.engine import Storage
from storage.models import Payment
from storage.people import Member
from storage.states import SETTLED, State

_CHANNELS = (Channel.MOBILE, Channel.PAGE, Channel.BANK)
_NOT_THERE = {"route.country", *(f"route.no_{kind}" for kind in Kind), *(f"route.no_{channel}" for channel in Channel)}

OPERATOR = "operator"
"""Among the extras: the phone's operator, as the person says. It is ours, no system is given it as an extra."""

MOST_DESCRIPTION = 120
STALE = timedelta(minutes=10)
"""A money command older than this, by its own time, came late: it is not obeyed."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a member wants moved, and the message that says so: asking twice with one message is asking once.

    `channel` None: the phone where a system reaches it, else a page, else a bank. Where nobody's phone is concerned
    (a link, a transfer) `phone` holds a country only; for crypto its operator is the network. `intent` is for what no
    message says.
    """

    kind: Kind
    amount: Money
    phone: Phone
    description: str
    chat_id: int
    message_id: int
    channel: Channel | None = None
    extras: Mapping[str, str] = field(default_factory=dict)
    via: str = ""
    intent: str = ""


class WhichOperator(UserError):
    """Nobody can tell the phone's operator, and it matters: the asker must say it, as `OPERATOR` of the extras."""

    def __init__(self, found: NoRoute) -> None:
        super().__init__("route.none", obstacles=found.obstacles)
        self.names = ", ".join(found.operators)


class Payments:
    def __init__(
        self,
        storage: Storage,
        accounts: Accounts,
        routes: Routes,
        now: Clock,
        new_id: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called after a change is committed: something is to be sent or shown."""
        self._storage = storage
        self._accounts = accounts
        self._routes = routes
        self._now = now
        self._new_id = new_id
        self._changed = changed

    async def draft(self, member: Member, ask: Ask) -> Payment:
        """Raises UserError where no system can take it, with each one's reason."""
        payment = await self._storage.run(decisions.enter, await self.prepare(member, ask), member)
        self._changed()
        return payment

    async def prepare(self, member: Member, ask: Ask) -> Payment:
        """The draft as it would be entered; nothing is kept yet. Raises UserError as `draft` does."""
        approvals.demand(member, decisions.RIGHT[ask.kind])
        if len(ask.description) > MOST_DESCRIPTION:
            raise UserError("description.too_long", most=MOST_DESCRIPTION)
        route = await self.route(member, ask)
        if lacking := [name for name in route.rail.extras if not ask.extras.get(name)]:
            raise UserError("route.lacking", names=", ".join(lacking))
        return self._drafted(member, ask, route)

    async def route(self, member: Member, ask: Ask) -> Route:
        """The system that would take it now. Raises UserError with each one's reason where none can."""
        names = [provider.name for provider in self._accounts.of(member.merchant.id or 0)]
        if not names:
            raise UserError("route.no_accounts")
        if ask.via and ask.via not in names:
            raise UserError("route.not_connected", via=ask.via, names=", ".join(names))
        told = " ".join(ask.extras.get(OPERATOR, "").split()[:1]).upper()
        operator = wallet(ask.phone.country, told) or ask.phone.operator
        hint = "" if told else ask.phone.msisdn
        obstacles: tuple[Obstacle, ...] = ()
        for channel in [ask.channel] if ask.channel else _CHANNELS:
            target = ask.extras.get(TARGET, "")
            need = Need(ask.kind, ask.amount, ask.phone.country, operator, channel, target)
            found = await self._routes.find(member.merchant.id or 0, need, hint=hint, via=ask.via)
            if isinstance(found, Route):
                return found
            if found.operators:
                raise WhichOperator(found)
            obstacles = obstacles or found.obstacles
            if any(obstacle.key not in _NOT_THERE for obstacle in found.obstacles):
                break  # phones are served there: this one's reason is what the merchant must hear
        raise UserError("route.none", obstacles=obstacles)

    def _drafted(self, member: Member, ask: Ask, route: Route) -> Payment:
        now = self._now()
        return Payment(
            id=self._new_id(),
            merchant_id=member.merchant.id or 0,
            intent=ask.intent or f"{ask.chat_id}:{ask.message_id}",
            kind=ask.kind,
            state=State.DRAFT,
            amount=ask.amount.minor,
            currency=ask.amount.currency,
            msisdn=ask.phone.msisdn,
            country=ask.phone.country,
            operator=route.operator,
            provider=route.provider,
            description=ask.description,
            asker_id=member.person.id,
            chat_id=ask.chat_id,
            fee=route.fee.minor if route.fee else None,
            channel=route.rail.channel,
            pinned=bool(ask.via),
            extras={name: value for name, value in ask.extras.items() if name != OPERATOR},
            created_at=now,
            due_at=now + DRAFT_LIVES,
        )

    async def confirm(self, member: Member, payment_id: str, word: Word = PLAIN) -> Payment:
        """The asker's word that the money may move. The second of two taps is told so, never obeyed.

        Raises UnreadAddress, Unproven or LooksRepeated where more than a tap is wanted.
        """
        payment = await self._storage.run(decisions.confirm, member, payment_id, self._now(), word)
        self._changed()
        if payment.state is State.DRAFT:
            raise LooksRepeated("payment.repeats")
        return payment

    async def approve(self, member: Member, payment_id: str, version: int, word: Word = PLAIN) -> Payment:
        """Another's word for what the asker confirmed. Raises Unproven where more than a tap is wanted."""
        payment = await self._storage.run(decisions.approve, member, payment_id, version, self._now(), word)
        self._changed()
        return payment

    async def reject(self, member: Member, payment_id: str, version: int) -> Payment:
        payment = await self._storage.run(decisions.reject, member, payment_id, version, self._now())
        self._changed()
        return payment

    async def awaits(self, member: Member, payment_id: str) -> StepKind:
        """What the payer must tell. Raises UserError where that is nothing, or somebody else must tell it."""
        payment = await self._storage.run(decisions.told_of, member, payment_id)
        return StepKind((payment.step or {})["kind"])

    async def tell(self, member: Member, payment_id: str, word: str) -> None:
        """The payer's code, or a transaction's hash, goes to the system with the next look, which is now."""
        await self._storage.run(decisions.tell, member, payment_id, word, self._now())
        self._changed()

    def titles(self, member: Member) -> list[str]:
        """The systems that this merchant has an account with, by the names people know."""
        return [one.sheet.title for one in self._accounts.of(member.merchant.id or 0)]

    def trial(self, member: Member) -> tuple[Provider, Trial] | None:
        """A first request that moves no real money, and the account to make it by."""
        return self._accounts.trial(member.merchant.id or 0)

    def wallets(self, member: Member) -> list[str]:
        """Countries in which an account keeps a wallet that money can be moved from."""
        return sorted({rail.country for rail in self._rails(member) if rail.kind is Kind.TRANSFER})

    def networks(self, member: Member, kind: Kind) -> list[str]:
        """Blockchains by which an account can do this, in the order of preference."""
        of_kind = (rail for rail in self._rails(member) if rail.kind is kind and rail.channel is Channel.CRYPTO)
        return list(dict.fromkeys(rail.operator for rail in of_kind))

    def _rails(self, member: Member) -> list[Rail]:
        return [rail for one in self._accounts.of(member.merchant.id or 0) for rail in one.rails()]

    async def cancel(self, member: Member, payment_id: str) -> Payment:
        """Only while nothing has been sent."""
        payment = await self._storage.run(decisions.cancel, member, payment_id, self._now())
        self._changed()
        return payment

    async def cancel_latest(self, member: Member, chat_id: int) -> Payment | None:
        """The member's newest payment in this chat that has not ended; None if there is none.

        Never one behind it: raises UserError if that one has been sent, rather than stop another.
        """
        mine = await self._storage.run(payments.recent, member.merchant.id or 0, asker_id=member.person.id)
        here = (payment for payment in mine if payment.chat_id == chat_id and payment.state not in SETTLED)
        newest = next(here, None)
        return await self.cancel(member, newest.id) if newest else None

    async def find(self, member: Member, text: str) -> list[Payment]:
        """By our reference, a system's reference, or a phone in digits; newest first."""
        return await self._storage.run(
            payments.search, member.merchant.id or 0, text, asker_id=approvals.sees_only(member)
        )

    async def still_open(self, member: Member, *, limit: int) -> list[Payment]:
        return await self._storage.run(
            payments.still_open, member.merchant.id or 0, asker_id=approvals.sees_only(member), limit=limit
        )

    async def history(self, member: Member, *, limit: int, offset: int = 0) -> list[Payment]:
        return await self._storage.run(
            payments.recent,
            member.merchant.id or 0,
            asker_id=approvals.sees_only(member),
            limit=limit,
            offset=offset,
        )

    def slow(self, payment: Payment) -> bool:
        """Whether its system said lately that the operator's service is slow."""
        return self._routes.slow(
            payment.merchant_id, payment.provider, payment.country, payment.operator, Kind(payment.kind)
        )

    def title(self, payment: Payment) -> str:
        return self.title_of(payment.merchant_id, payment.provider)

    def title_of(self, merchant_id: int, name: str) -> str:
        provider = self._accounts.get(merchant_id, name)
        return provider.sheet.title if provider else name

    def refundable(self, payment: Payment) -> bool:
        """Whether its system could give it back. Whether that is done already, nobody is asked here."""
        provider = self._accounts.get(payment.merchant_id, payment.provider)
        paid = payment.kind == Kind.COLLECTION and payment.state is State.SUCCEEDED
        return paid and provider is not None and Verb.REFUND in provider.verbs

    def payee_bears(self, payment: Payment) -> bool:
        """Whether the system takes its fee out of the amount, so that less arrives."""
        provider = self._accounts.get(payment.merchant_id, payment.provider)
        return bool(provider and payment.kind in provider.sheet.payee_bears)

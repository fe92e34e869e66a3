"""The counter's verbs: draft, confirm, cancel, and what a member may look up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.errors import UserError
from bot.payments import approvals
from bot.payments.accounts import Accounts
from bot.payments.approvals import Right
from bot.payments.expiry import DRAFT_LIVES
from bot.payments.phone import Phone, wallet
from bot.payments.routes import Routes
from bot.payments.routing import TARGET, Need, NoRoute, Obstacle, Route
from providers.base import Channel, Clock, Kind, Rail, StepKind
from providers.money import Money
from storage import payments
from storage.engine import Storage
from storage.models import Payment
from storage.people import Member
from storage.states import CANCELLABLE, IN_FLIGHT, NEVER_SENT, SETTLED, State

_RIGHT = {
    Kind.COLLECTION: Right.ASK,
    Kind.PAYOUT: Right.PAY_OUT,
    Kind.AIRTIME: Right.PAY_OUT,
    Kind.REFUND: Right.PAY_OUT,
    Kind.TRANSFER: Right.PAY_OUT,
}

_CHANNELS = (Channel.MOBILE, Channel.PAGE, Channel.BANK)
_NOT_THERE = {"route.country", *(f"route.no_{kind}" for kind in Kind), *(f"route.no_{channel}" for channel in Channel)}

OPERATOR = "operator"
"""Among the extras: the phone's operator, as the person says. It is ours, no system is given it as an extra."""

_TELLS = {StepKind.GIVE_CODE: "otp", StepKind.DEPOSIT: "hash"}
"""What the payer has to tell at a step, by its name in the extras."""

MOST_DESCRIPTION = 120
STALE = timedelta(minutes=10)
"""A money command older than this, by its own time, came late: it is not obeyed."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a member wants moved, and the message that says so: asking twice with one message is asking once.

    `channel` None: the phone where a system reaches it, else a page, else a bank. Where nobody's phone is concerned
    (a link, a transfer) `phone` holds a country only; for crypto its operator is the network.
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
        approvals.demand(member, _RIGHT[ask.kind])
        if len(ask.description) > MOST_DESCRIPTION:
            raise UserError("description.too_long", most=MOST_DESCRIPTION)
        route = await self.route(member, ask)
        if lacking := [name for name in route.rail.extras if not ask.extras.get(name)]:
            raise UserError("route.lacking", names=", ".join(lacking))
        payment = await self._storage.run(_enter, self._drafted(member, ask, route))
        self._changed()
        return payment

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
            intent=f"{ask.chat_id}:{ask.message_id}",
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

    async def confirm(self, member: Member, payment_id: str, last_four: str | None = None) -> Payment:
        """The asker's word that the money may move. The second of two taps is told so, never obeyed.

        Raises UnreadAddress where `last_four`, the end of the address that money goes to, must be typed first.
        """
        payment = await self._storage.run(_confirm, member, payment_id, self._now(), last_four)
        self._changed()
        return payment

    async def awaits(self, member: Member, payment_id: str) -> StepKind:
        """What the payer must tell. Raises UserError where that is nothing, or somebody else must tell it."""
        payment = await self._storage.run(_told_of, member, payment_id)
        return StepKind((payment.step or {})["kind"])

    async def tell(self, member: Member, payment_id: str, word: str) -> None:
        """The payer's code, or a transaction's hash, goes to the system with the next look, which is now."""
        await self._storage.run(_tell, member, payment_id, word, self._now())
        self._changed()

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
        payment = await self._storage.run(_cancel, member, payment_id, self._now())
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

    def payee_bears(self, payment: Payment) -> bool:
        """Whether the system takes its fee out of the amount, so that less arrives."""
        provider = self._accounts.get(payment.merchant_id, payment.provider)
        return bool(provider and payment.kind in provider.sheet.payee_bears)


class UnreadAddress(UserError):
    """Money to an address leaves only after its end was typed: nobody gives it back."""


def _enter(session: Session, draft: Payment) -> Payment:
    """A link asks nobody for anything: it needs no second tap."""
    by = f"person:{draft.asker_id}"
    payment, new = payments.create_once(session, draft, by=by)
    if new and payment.channel == Channel.LINK:
        at = payment.created_at
        return payments.move(session, payment, State.QUEUED, at=at, by=by, due_at=at, confirmed_at=at) or payment
    return payment


def _mine(session: Session, member: Member, payment_id: str) -> Payment:
    payment = payments.get(session, member.merchant.id or 0, payment_id, lock=True)
    if payment is None:
        raise UserError("payment.not_found")
    approvals.demand_asker(member, payment)
    return payment


def _confirm(session: Session, member: Member, payment_id: str, now: datetime, last_four: str | None) -> Payment:
    payment = _mine(session, member, payment_id)
    approvals.demand(member, _RIGHT[Kind(payment.kind)])
    if payment.state is not State.DRAFT:
        raise UserError("payment.expired" if payment.state is State.EXPIRED else "payment.already")
    by = f"person:{member.person.id}"
    if payment.due_at and payment.due_at <= now:
        payments.move(session, payment, State.EXPIRED, at=now, by="clock")
        return session.get_one(Payment, payment.id)
    _demand_read(payment, last_four)
    moved = payments.move(session, payment, State.QUEUED, at=now, by=by, due_at=now, confirmed_at=now)
    if moved is None:
        raise UserError("payment.already")
    return moved


def _demand_read(payment: Payment, last_four: str | None) -> None:
    if payment.kind != Kind.PAYOUT or payment.channel != Channel.CRYPTO:
        return
    if last_four is None:
        raise UnreadAddress("confirm.read_address")
    if last_four.casefold() != payment.extras["address"][-4:].casefold():
        raise UserError("confirm.not_the_end")


def _told_of(session: Session, member: Member, payment_id: str) -> Payment:
    payment = _mine(session, member, payment_id)
    if payment.state not in IN_FLIGHT or (payment.step or {}).get("kind") not in _TELLS:
        raise UserError("payment.no_code")
    return payment


def _tell(session: Session, member: Member, payment_id: str, word: str, now: datetime) -> None:
    payment = _told_of(session, member, payment_id)
    payment.extras = {**payment.extras, _TELLS[StepKind((payment.step or {})["kind"])]: word}
    session.add(payment)
    session.flush()
    payments.wake(session, payment, now)


def _cancel(session: Session, member: Member, payment_id: str, now: datetime) -> Payment:
    payment = _mine(session, member, payment_id)
    if payment.state not in CANCELLABLE:
        raise UserError("payment.already" if payment.state in NEVER_SENT else "payment.too_late")
    moved = payments.move(session, payment, State.CANCELLED, at=now, by=f"person:{member.person.id}")
    if moved is None:
        raise UserError("payment.already")
    return moved

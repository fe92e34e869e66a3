"""How a payment looks: its card, its line in the group, its line in a list. Pure."""

from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup

from bot.payments.lapses import until
from bot.payments.phone import pretty
from bot.payments.routing import TARGET, Obstacle
from bot.texts import Voice
from bot.ui.coins import short
from bot.ui.obstacles import told
from providers.errors import Reason
from providers.messages import Channel, Kind, StepKind
from providers.money import Money
from providers.redaction import mask_msisdn
from storage.models import Payment
from storage.policies import PAUSED
from storage.states import State

_SIGNS = {
    State.SUCCEEDED: "✅",
    State.FAILED: "❌",
    State.UNKNOWN: "❔",
    State.REVIEW: "⚠️",
    State.CANCELLED: "✖️",
    State.REJECTED: "✖️",
    State.EXPIRED: "⌛",
    State.DRAFT: "🧾",
    State.REVERSED: "↩️",
}
_OPEN = "⏳"
_NEVER = {State.FAILED, State.CANCELLED, State.EXPIRED, State.REJECTED}
"""Where no money moved, no fee did."""

_AHEAD = {State.DRAFT, State.AWAITING_APPROVAL, State.QUEUED, State.SENDING, State.PENDING}
"""The waiting is still to come."""

_BREAK = Markup("\n")
_SCHEDULED = "schedule:"


def card(
    voice: Voice,
    payment: Payment,
    title: str,
    *,
    slow: bool = False,
    payee_bears: bool = False,
    refund: Payment | None = None,
) -> Markup:
    """`title` is the system's name as people know it; `slow`: it says that the operator is, for now; `payee_bears`:
    it takes its fee out of the amount.
    """
    head = _head(voice, payment, title, slow)
    if payee_bears and payment.state not in _NEVER:
        head += _BREAK + voice.say("card.payee_bears", title=title)
    standing = _standing(voice, payment, title)
    if refund:
        key = "card.refunded" if refund.state is State.SUCCEEDED else "card.refunding"
        standing += _BREAK + voice.say(key, at=refund.settled_at or refund.created_at)
    parts = [head, standing, _references(voice, payment, title)]
    return (_BREAK * 2).join(part for part in parts if part)


def who(voice: Voice, payment: Payment, *, hide: bool = False) -> Markup | str:
    """The other side. `hide`: for many eyes, a phone is masked."""
    if payment.kind == Kind.TRANSFER:
        source, target = (voice.country(code) for code in (payment.country, payment.extras[TARGET]))
        return voice.say("party.transfer", source=source, target=target)
    if payment.channel == Channel.CRYPTO:
        address = payment.extras.get("address", "") if payment.kind == Kind.PAYOUT else ""
        return " · ".join(filter(None, [payment.operator, address and short(address), _number(payment, hide)]))
    if not payment.msisdn:
        return voice.say(f"party.{payment.channel}")
    return _number(payment, hide)


def _number(payment: Payment, hide: bool) -> str:
    if not payment.msisdn:
        return ""
    number = mask_msisdn(payment.msisdn) if hide else pretty(payment.msisdn)
    return " · ".join(filter(None, (payment.payee_name, number)))


def party(voice: Voice, payment: Payment, *, hide: bool = False) -> Markup | str:
    """With a phone's operator, which says more than its number."""
    name = who(voice, payment, hide=hide)
    of_phone = payment.msisdn and payment.channel != Channel.CRYPTO
    return f"{name} · {_operator(voice, payment)}" if of_phone else name


def _next_step(voice: Voice, payment: Payment) -> list[Markup]:
    """What the payer must do, ready to be forwarded."""
    step = payment.step
    if not step or payment.state not in {State.PENDING, State.UNKNOWN}:
        return []
    if "lapsed" in payment.checks:
        return [voice.say("card.lapsed")]
    lines = [voice.say(f"step.{step['kind']}", url=step["url"])]
    lines += [voice.say("step.dial", dial=step["dial"])] if step["dial"] else []
    lines += [_detail(voice, name, value) for name, value in step["details"].items()]
    if end := until(payment):
        lines.append(voice.say("card.link_until", until=end))
    page = step["url"] if step["kind"] == StepKind.DEPOSIT else ""
    return lines + ([voice.say("step.open_page", url=page)] if page else [])


def _detail(voice: Voice, name: str, value: str) -> Markup:
    """The common ones have names in both languages; a system's own word stands for itself."""
    label = voice.say(f"detail.{name}") if voice.knows(f"detail.{name}") else name
    return voice.say("step.detail", name=label, value=value)


def approval(voice: Voice, payment: Payment, title: str, asker: str) -> Markup:
    """For whoever must let it go: exactly who is paid, how much, by whose wish, and why they are asked."""
    lines = [_head(voice, payment, title, slow=False), Markup("")]
    lines.append(voice.say("approval.asked", name=asker or voice.say("group.someone")))
    lines += [voice.say("approval.why", why=voice.say(f"why.{why}")) for why in payment.checks["needs"]]
    if payment.due_at:
        lines.append(voice.say("card.until", until=voice.clock(payment.due_at)))
    return _BREAK.join([*lines, voice.say("card.ours", id=payment.id)])


def group_line(voice: Voice, payment: Payment, asker: str, approver: str = "") -> Markup:
    """Two lines for many eyes: the phone is masked."""
    return _BREAK.join(
        [
            voice.say(
                f"group.line.{payment.kind}",
                sign=sign(payment),
                amount=_amount(payment),
                party=party(voice, payment, hide=True),
            ),
            *([payment_reason] if (payment_reason := _reason(voice, payment)) else []),
            voice.say(
                "group.by",
                state=state_words(voice, payment),
                name=asker or voice.say("group.someone"),
                id=payment.id,
            ),
            *([voice.say(f"group.{_decided(payment)}", name=approver)] if approver else []),
        ]
    )


def _decided(payment: Payment) -> str:
    return "rejected_by" if payment.state is State.REJECTED else "approved_by"


def list_line(voice: Voice, payment: Payment, *, hide: bool = False) -> Markup:
    line = voice.say(
        f"history.line.{payment.kind}",
        sign=sign(payment),
        amount=_amount(payment),
        party=who(voice, payment, hide=hide),
        state=state_words(voice, payment),
        at=payment.created_at,
        id=payment.id,
    )
    return Markup("{} · {}").format(line, payment.till) if payment.till and not hide else line


def state_words(voice: Voice, payment: Payment) -> Markup:
    if payment.state is State.QUEUED and payment.reason:
        return voice.say("state.paused" if payment.reason == PAUSED else "state.waiting")
    by_kind = f"state.{payment.state}.{payment.kind}"
    by_channel = f"state.{payment.state}.{payment.channel}"
    if voice.knows(by_channel):
        return voice.say(by_channel)
    return voice.say(by_kind if voice.knows(by_kind) else f"state.{payment.state}")


def _head(voice: Voice, payment: Payment, title: str, slow: bool) -> Markup:
    lines = [
        voice.say(f"card.title.{payment.kind}", amount=_amount(payment)),
        voice.say(f"card.party.{payment.kind}", party=party(voice, payment)),
    ]
    if payment.description:
        lines.append(voice.say("card.description", description=payment.description))
    if payment.till:
        lines.append(voice.say("card.till", till=payment.till))
    lines.append(_cost(voice, payment, title))
    if slow and payment.state in _AHEAD:
        lines.append(voice.say("card.slow", title=title, operator=_operator(voice, payment)))
    return _BREAK.join(lines + [line for detour in payment.detours if (line := _detour(voice, payment, detour))])


def _detour(voice: Voice, payment: Payment, detour: Mapping[str, str]) -> Markup | None:
    """Who did not take it; and where nobody did, why each other could not."""
    if "reason" in detour:
        return voice.say("card.detour", title=detour["title"], why=voice.say(f"reason.{detour['reason']}"))
    return told(voice, Obstacle.read(detour)) if payment.state is State.FAILED else None


def _cost(voice: Voice, payment: Payment, title: str) -> Markup:
    """Before the end a published tariff, afterwards what was really kept."""
    if payment.state in _NEVER:
        return voice.say("card.via", title=title)
    if payment.fee is None:
        return voice.say("card.fee.unknown", title=title)
    key = "card.fee.kept" if payment.fee_told else "card.fee.about"
    return voice.say(key, title=title, fee=Money(payment.fee, payment.currency))


def _standing(voice: Voice, payment: Payment, title: str) -> Markup:
    step = _next_step(voice, payment)
    leaves = payment.checks.get("leaves_at")
    standing = voice.say(
        _standing_key(voice, payment),
        title=title,
        at=payment.settled_at or payment.created_at,
        leaves=voice.clock(datetime.fromisoformat(leaves)) if leaves else "",
    )
    lines = step if step and payment.state is State.PENDING else [standing, *step]
    lines += _origins(voice, payment)
    if payment.state is State.DRAFT:
        lines += _checks(voice, payment)
    if payment.state in {State.DRAFT, State.AWAITING_APPROVAL} and payment.due_at:
        lines.append(voice.say("card.until", until=voice.clock(payment.due_at)))
    if payment.state is State.PENDING and payment.kind == "collection" and payment.payer_hint:
        lines.append(voice.say("card.pending.hint", hint=payment.payer_hint))
    if payment.reason == Reason.DECIDED:
        return _BREAK.join([*lines, voice.say("card.decided", why=payment.detail)])
    if payment.state is State.SUCCEEDED and payment.kind == Kind.TRANSFER and payment.detail:
        lines.append(voice.say("card.arrived", amount=payment.detail))
    if payment.state in {State.FAILED, State.REVIEW}:
        lines += [reason] if (reason := _reason(voice, payment)) else []
        lines += [voice.say("card.their_words", title=title, detail=payment.detail)] if payment.detail else []
    return _BREAK.join(lines)


def _origins(voice: Voice, payment: Payment) -> list[Markup]:
    """What it comes from, if nobody typed it; and what was done about a request that nobody paid."""
    told = []
    if reminds := payment.checks.get("reminds"):
        told.append(voice.say("card.reminds", number=reminds["number"], id=reminds["first"]))
    if payment.intent.startswith(_SCHEDULED):
        told.append(voice.say("card.scheduled", id=payment.intent.split(":")[1]))
    if reminded := payment.checks.get("reminded"):
        told.append(voice.say("card.reminded", at=datetime.fromisoformat(reminded["at"]), id=reminded["id"]))
    return told


def _checks(voice: Voice, payment: Payment) -> list[Markup]:
    """What the merchant's rules say of it, before it is confirmed."""
    checks = payment.checks
    lines = [voice.say("card.needs", why=voice.say(f"why.{checks['needs'][0]}"))] if checks.get("needs") else []
    if repeats := checks.get("repeats"):
        lines.append(voice.say("card.repeats", at=datetime.fromisoformat(repeats["at"]), id=repeats["id"]))
    if "left" in checks:
        lines.append(voice.say("card.left", left=Money(checks["left"], payment.currency)))
    return lines


def _standing_key(voice: Voice, payment: Payment) -> str:
    if payment.state is State.QUEUED and payment.reason:
        return "card.queued.paused" if payment.reason == PAUSED else "card.queued.waiting"
    if payment.state is State.QUEUED and "leaves_at" in payment.checks:
        return "card.queued.lies"
    if payment.state is State.DRAFT and payment.kind == Kind.PAYOUT and payment.channel == Channel.CRYPTO:
        return "card.draft.crypto"
    if payment.state is State.DRAFT and payment.kind == Kind.PAYOUT and payment.checks.get("needs"):
        return "card.draft.second"
    by_kind = f"card.{payment.state}.{payment.kind}"
    return by_kind if voice.knows(by_kind) else f"card.{payment.state}"


def _reason(voice: Voice, payment: Payment) -> Markup | None:
    if payment.state not in {State.FAILED, State.REVIEW} or not payment.reason:
        return None
    return voice.say(f"reason.{payment.reason}")


def _references(voice: Voice, payment: Payment, title: str) -> Markup | None:
    """What a customer, and the system's support, will ask for."""
    if payment.state in {State.DRAFT, State.CANCELLED, State.EXPIRED, State.REJECTED}:
        return None
    lines = [
        voice.say("card.asked", at=payment.confirmed_at or payment.created_at),
        voice.say("card.ours", id=payment.id),
    ]
    if payment.reference:
        lines.append(voice.say("card.theirs", title=title, reference=payment.reference))
    if payment.operator_reference:
        key = "card.operators" if payment.operator else "card.operators.none"
        lines.append(voice.say(key, operator=payment.operator, reference=payment.operator_reference))
    return _BREAK.join(lines)


def _operator(voice: Voice, payment: Payment) -> str:
    return payment.operator or voice.say("card.operator.any")


def sign(payment: Payment) -> str:
    return _SIGNS.get(payment.state, _OPEN)


def _amount(payment: Payment) -> Money:
    return Money(payment.amount, payment.currency)

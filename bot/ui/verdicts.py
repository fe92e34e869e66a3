"""Closing a payment in review in chat: why, then another person's word, or alone the reference typed."""

from markupsafe import Markup

from bot.payments.approvals import Right, may
from bot.payments.review import Item, TypeReference
from bot.ui import disputes, pending
from bot.ui.herald import tell
from bot.ui.visit import Visit
from bot.ui.voices import voice_of
from storage import people
from storage.models import Form, Proposal
from storage.people import Member
from storage.states import State

WHY, ALONE = "why", "alone"
QUESTIONS = frozenset({WHY, ALONE})


async def ask_why(visit: Visit, item: Item, state: State) -> None:
    answers = {"payment": item.payment.id, "state": str(state)}
    await _ask(visit, WHY, answers, disputes.question(visit.voice, item.payment, state))


async def agree(visit: Visit, proposal_id: str) -> None:
    try:
        payment = await visit.counter.reviews.agree(visit.member, proposal_id)
    except TypeReference as alone:
        await _ask(visit, ALONE, {"proposal": proposal_id}, visit.voice.say(alone.key))
        return
    await visit.show(disputes.decided(visit.voice, payment))


async def take(visit: Visit, form: Form, text: str) -> None:
    """The answer. One that can't be right leaves the question open."""
    reviews, answers = visit.counter.reviews, form.answers
    if form.command == ALONE:
        payment = await reviews.agree(visit.member, answers["proposal"], typed=text)
        await pending.drop(visit)
        await visit.say(disputes.decided(visit.voice, payment))
        return
    proposal = await reviews.propose(visit.member, answers["payment"], State(answers["state"]), text)
    await pending.drop(visit)
    await _put_to_the_others(visit, proposal)


async def _put_to_the_others(visit: Visit, proposal: Proposal) -> None:
    deciders = await visit.counter.reviews.deciders(visit.member)
    others = [one for one in deciders if one.person.id != visit.member.person.id]
    if not others:
        await _ask(visit, ALONE, {"proposal": proposal.id}, visit.voice.say("review.type_reference"))
        return
    told = [other for other in others if await _put_to(visit, other, proposal)]
    names = ", ".join(other.person.name or str(other.person.id) for other in told)
    key = "review.put_to" if told else "review.put_to_nobody"
    await visit.say(visit.voice.say(key, names=names) if told else visit.voice.say(key))


async def _put_to(visit: Visit, other: Member, proposal: Proposal) -> bool:
    item = await visit.counter.reviews.item(other, proposal.payment_id)
    text = await shown(visit, item, other)
    keyboard = disputes.of_card(voice_of(other), item, decides=True, mine=False)
    return await tell(visit.message.get_bot(), other.person.id, text, visit.own(keyboard))


async def shown(visit: Visit, item: Item, reader: Member) -> Markup:
    proposer = await visit.counter.storage.run(people.person, item.proposal.by_id) if item.proposal else None
    title = visit.counter.payments.title(item.payment)
    return disputes.card(voice_of(reader), item, title, proposer.name if proposer else "", visit.counter.now())


async def show(visit: Visit, payment_id: str) -> None:
    member = visit.member
    item = await visit.counter.reviews.item(member, payment_id)
    mine = item.proposal is not None and item.proposal.by_id == member.person.id
    keyboard = disputes.of_card(visit.voice, item, decides=may(member, Right.DECIDE), mine=mine)
    await visit.say(await shown(visit, item, member), keyboard)


async def _ask(visit: Visit, question: str, answers: dict[str, str], text: Markup) -> None:
    """A half-filled form is not thrown away for it."""
    await pending.demand_free(visit, unless=QUESTIONS)
    await pending.put(visit, question, answers)
    await visit.ask(text)

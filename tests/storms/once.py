"""The group has one line of each payment: a second one only where it was not to be known that the first was there."""

from collections.abc import Iterator
from datetime import timedelta

from bot.demo.messages import Message
from tests.storms.evidence import Evidence, Flaw, Row

_SHORTLY = timedelta(seconds=40).total_seconds()
"""Between a message and the books that tell of it."""


def told_once(evidence: Evidence, row: Row) -> Iterator[Flaw]:
    town, payment = evidence.town, row.payment
    groups = {chat.id: chat for chat in (town.group, town.group_now())}
    if payment.chat_id in groups or len(groups) > 1 or evidence.apart:
        return  # its card is there as well; or its line moved with the group
    back = [one.payment.id for one in evidence.rows if one.payment.intent.startswith(f"refund:{payment.id}:")]
    lines = [
        message
        for message in town.said_by_bot(town.group)
        if payment.id in message.text and not any(refund in message.text for refund in back)
    ]
    spare = [line for line in lines[:-1] if not _unknown(evidence, line, payment.id)]
    if spare:
        yield "told twice", f"{len(lines)} lines of {payment.id} in the group"


def _unknown(evidence: Evidence, line: Message, payment_id: str) -> bool:
    """Its answer was lost, or who sent it died before it could write that down."""
    at = line.date - evidence.began.timestamp()
    unheard = (one for one in evidence.unheard if one.said.startswith("/sendMessage") and payment_id in one.said)
    return any(abs(one.at - at) < _SHORTLY for one in unheard) or any(
        -1 <= blow - at < _SHORTLY for blow in evidence.blows
    )

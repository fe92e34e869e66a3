"""The life of a payment: which states there are and which changes are legal. Pure."""

from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    QUEUED = "queued"
    SENDING = "sending"
    PENDING = "pending"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REVIEW = "review"
    REVERSED = "reversed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


S = State

LEGAL: dict[State, frozenset[State]] = {
    S.DRAFT: frozenset({S.AWAITING_APPROVAL, S.QUEUED, S.CANCELLED, S.EXPIRED}),
    S.AWAITING_APPROVAL: frozenset({S.QUEUED, S.REJECTED, S.CANCELLED, S.EXPIRED}),
    S.QUEUED: frozenset({S.SENDING, S.CANCELLED}),
    S.SENDING: frozenset({S.QUEUED, S.PENDING, S.SUCCEEDED, S.FAILED, S.UNKNOWN}),
    S.PENDING: frozenset({S.PENDING, S.UNKNOWN, S.SUCCEEDED, S.FAILED, S.REVIEW}),
    S.UNKNOWN: frozenset({S.PENDING, S.UNKNOWN, S.SUCCEEDED, S.FAILED, S.REVIEW}),
    S.SUCCEEDED: frozenset({S.REVIEW}),
    S.FAILED: frozenset({S.REVIEW}),
    S.REVIEW: frozenset({S.SUCCEEDED, S.FAILED, S.REVERSED}),
    S.REVERSED: frozenset(),
    S.REJECTED: frozenset(),
    S.CANCELLED: frozenset({S.REVIEW}),
    S.EXPIRED: frozenset(),
}

UNDECIDED = frozenset({S.DRAFT, S.AWAITING_APPROVAL})
"""Nobody has sent anything yet; the clock may end these."""

CANCELLABLE = frozenset(state for state, after in LEGAL.items() if S.CANCELLED in after)

IN_FLIGHT = frozenset({S.SENDING, S.PENDING, S.UNKNOWN})
"""Money may be moving: the payment system is asked until it says how it ended."""

ASKED_ABOUT = IN_FLIGHT - {S.SENDING}

MAY_BE_CONTRADICTED = frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED})
"""A callback about one of these is worth one more look."""

OPEN = UNDECIDED | IN_FLIGHT | {S.QUEUED}

NEVER_SENT = frozenset({S.REJECTED, S.CANCELLED, S.EXPIRED})
"""Ended by a person or the clock before anything left."""

SETTLED = frozenset({S.SUCCEEDED, S.FAILED, S.REVERSED}) | NEVER_SENT


class IllegalMove(Exception):
    """A change that the table does not have: a fault in the program, never a user's."""


def check(before: State, after: State) -> None:
    if after not in LEGAL[before]:
        raise IllegalMove(f"{before} may not become {after}")

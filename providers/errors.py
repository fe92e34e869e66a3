"""What can go wrong with a call to a payment system, named by what must happen next.

ProviderError
├── Refused        the system said no in words it documents: the money did not move and will not
├── NotSent        nothing reached the system, or it asked to come back later: the same key may be sent again
├── MaybeSent      the request may have been obeyed: ask the status, never send again
├── Misconfigured  our keys or settings are wrong: nothing moved, a person must mend the account
├── Unsupported    this system has no such call
└── BadCallback    a callback that is forged, stale or unreadable: drop it
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a payment did not happen, in words every system shares. The chat translates them."""

    BAD_PHONE = "bad_phone"
    OPERATOR_UNSUPPORTED = "operator_unsupported"
    BAD_AMOUNT = "bad_amount"
    BALANCE_TOO_LOW = "balance_too_low"
    PAYER_BALANCE_TOO_LOW = "payer_balance_too_low"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    PAYEE_NOT_FOUND = "payee_not_found"
    LIMIT_REACHED = "limit_reached"
    DUPLICATE = "duplicate"
    NOT_ALLOWED = "not_allowed"
    UNREACHABLE = "unreachable"
    MISCONFIGURED = "misconfigured"
    MISMATCH = "mismatch"
    CONTRADICTION = "contradiction"
    NO_TRACE = "no_trace"
    TOO_LATE = "too_late"
    NEEDS_PERSON = "needs_person"
    """With an UNKNOWN report: asking again will not tell more, a person must look at the system's own page."""
    DECIDED = "decided"
    """No system's word: a person closed a payment in review; the detail is why."""
    RESTORED = "restored"
    """No system's word: the books come from a backup that was taken before the payment ended."""
    OTHER = "other"


class ProviderError(Exception):
    """`detail` is the system's own words, already scrubbed and short enough to show to a merchant."""

    def __init__(self, reason: Reason, detail: str = "", *, code: str = "") -> None:
        super().__init__(f"{reason}{f' {code}' if code else ''}{f': {detail}' if detail else ''}")
        self.reason = reason
        self.detail = detail
        self.code = code


class Refused(ProviderError):
    pass


class NotSent(ProviderError):
    """`retry_after` is in seconds, where the system named a time."""

    def __init__(
        self, reason: Reason = Reason.UNREACHABLE, detail: str = "", *, code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(reason, detail, code=code)
        self.retry_after = retry_after


class MaybeSent(ProviderError):
    def __init__(self, detail: str = "", *, code: str = "") -> None:
        super().__init__(Reason.UNREACHABLE, detail, code=code)


class Misconfigured(ProviderError):
    def __init__(self, detail: str = "", *, code: str = "") -> None:
        super().__init__(Reason.MISCONFIGURED, detail, code=code)


class Unsupported(ProviderError):
    def __init__(self, detail: str = "") -> None:
        super().__init__(Reason.NOT_ALLOWED, detail)


class BadCallback(ProviderError):
    def __init__(self, detail: str = "") -> None:
        super().__init__(Reason.MISMATCH, detail)

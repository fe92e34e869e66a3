"""The tables. A row that belongs to a merchant says so; amounts are whole minor units; times are UTC and aware."""

from storage.models.columns import OneOf, Utc
from storage.models.heard import Heard
from storage.models.merchants import Account, Merchant, Mode, Policy, Told, Tone
from storage.models.payments import Attempt, Batch, Event, Inbound, Payment, Proposal, Receipt
from storage.models.people import Form, Invite, Membership, Payee, Person, Role
from storage.models.plans import Chore, Plan, Schedule
from storage.models.records import Chain, ChainLink, Deed, Letter
from storage.models.telling import Audience, Dayboard, News, Notice, Topic
from storage.models.tills import Shift, Till

__all__ = [
    "Account",
    "Attempt",
    "Audience",
    "Batch",
    "Chain",
    "ChainLink",
    "Chore",
    "Dayboard",
    "Deed",
    "Event",
    "Form",
    "Heard",
    "Inbound",
    "Invite",
    "Letter",
    "Membership",
    "Merchant",
    "Mode",
    "News",
    "Notice",
    "OneOf",
    "Payee",
    "Payment",
    "Person",
    "Plan",
    "Policy",
    "Proposal",
    "Receipt",
    "Role",
    "Schedule",
    "Shift",
    "Till",
    "Told",
    "Tone",
    "Topic",
    "Utc",
]

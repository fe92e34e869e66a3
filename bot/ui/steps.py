"""What /start shows: how far the counter is set up, and what can be tapped instead of typed."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.approvals import Right, may
from bot.texts import Voice
from providers.base import Trial
from storage.people import Member

TAPPED: dict[str, Right] = {
    "request": Right.ASK,
    "payout": Right.PAY_OUT,
    "status": Right.SEE_OWN,
    "balance": Right.SEE_BALANCE,
}
"""Commands that stand under /start as buttons, and who has them there. /help is everybody's."""

_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Setup:
    """How far a counter is. `titles`: its systems; `used`: anything was ever asked for or sent."""

    titles: Sequence[str]
    grouped: bool
    used: bool
    trial: Trial | None

    @property
    def done(self) -> bool:
        return bool(self.titles) and self.grouped and self.used


def first_steps(voice: Voice, setup: Setup) -> Markup:
    """The owner's list, with what is done ticked off."""
    lines = [
        voice.say("steps.title"),
        voice.say("steps.account.done", names=", ".join(setup.titles))
        if setup.titles
        else voice.say("steps.account.todo"),
        voice.say("steps.group.done" if setup.grouped else "steps.group.todo"),
        voice.say("steps.used.done") if setup.used else _try(voice, setup.trial),
    ]
    return Markup("\n").join(lines)


def _try(voice: Voice, trial: Trial | None) -> Markup:
    return voice.say("steps.trial.todo", amount=trial.amount) if trial else voice.say("steps.used.todo")


def of_start(voice: Voice, member: Member, setup: Setup) -> InlineKeyboardMarkup:
    """A trial stands above the rest until the first payment was asked for."""
    rows = []
    if setup.trial and not setup.used and may(member, Right.ASK):
        rows.append(
            [InlineKeyboardButton(voice.say("button.trial", amount=setup.trial.amount), callback_data="trial:")]
        )
    names = [name for name, right in TAPPED.items() if may(member, right)] + ["help"]
    buttons = [InlineKeyboardButton(voice.say(f"button.do.{name}"), callback_data=f"do:{name}") for name in names]
    if member.several:
        rows.append([InlineKeyboardButton(voice.say("button.shop"), callback_data="shops:")])
    rows += [buttons[at : at + _IN_A_ROW] for at in range(0, len(buttons), _IN_A_ROW)]
    return InlineKeyboardMarkup(rows)

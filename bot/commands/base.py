"""What a command and a button are: a name, a right, and what they do with one verb."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.errors import UserError
from bot.payments import approvals
from bot.payments.approvals import Right
from bot.payments.service import STALE
from bot.ui.visit import Visit

Run = Callable[[Visit, str], Awaitable[None]]
"""Gets the visit and the text behind the command, or the data behind the button's verb."""


@dataclass(frozen=True, slots=True)
class Command:
    """`name` is the English name and the key of its texts ("command.request"); `french` its other name.

    `moves_money`: not obeyed when it comes late, by the message's own time.
    """

    name: str
    french: str
    run: Run
    right: Right | None = None
    moves_money: bool = False

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys((self.name, self.french)))

    def name_in(self, language: str) -> str:
        return self.french if language == "fr" else self.name


@dataclass(frozen=True, slots=True)
class Tap:
    """A button whose data begins with `verb` and a colon."""

    verb: str
    run: Run
    right: Right | None = None


async def obey(command: Command, visit: Visit, text: str) -> None:
    """Raises UserError for who may not, for money that comes late, and for money that was only passed on."""
    if command.right:
        approvals.demand(visit.member, command.right)
    if command.moves_money and visit.counter.now() - visit.message.date > STALE:
        raise UserError("command.stale")
    if command.moves_money and visit.message.forward_origin:
        raise UserError("text.forwarded")
    await command.run(visit, text)


def in_private(run: Run, otherwise: str) -> Run:
    """Raises UserError(otherwise) for what is nothing for a group's eyes."""

    async def guarded(visit: Visit, text: str) -> None:
        if not visit.private:
            raise UserError(otherwise)
        await run(visit, text)

    return guarded

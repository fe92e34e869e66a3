"""How many hands each kind of work has."""

from dataclasses import dataclass, field

from bot.payments.crew import Crew
from storage.models import Audience

_HANDS = 32
_LOOKING_HANDS = 64
_GROUP_HANDS = 2
_BOARD_HANDS = 4
_DRAIN = 10.0


def _telling() -> dict[Audience, Crew]:
    """Few for the group: while they wait for its limit, what is still to be told gathers into fewer messages."""
    return {one: Crew(_GROUP_HANDS if one is Audience.GROUP else _HANDS) for one in Audience}


@dataclass(frozen=True, slots=True)
class Crews:
    dispatch: Crew = field(default_factory=lambda: Crew(_HANDS))
    poll: Crew = field(default_factory=lambda: Crew(_LOOKING_HANDS))
    groups: Crew = field(default_factory=lambda: Crew(1))
    menus: Crew = field(default_factory=lambda: Crew(1))
    letters: Crew = field(default_factory=lambda: Crew(1))
    boards: Crew = field(default_factory=lambda: Crew(_BOARD_HANDS))
    telling: dict[Audience, Crew] = field(default_factory=_telling)

    async def end_work(self) -> None:
        """All but the telling, which has something to tell only now."""
        for crew in (self.dispatch, self.groups, self.poll, self.letters, self.boards, self.menus):
            await crew.drain(_DRAIN)

    async def end_telling(self) -> None:
        for crew in self.telling.values():
            await crew.drain(_DRAIN)

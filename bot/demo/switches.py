"""The "What if..." drawer: what may go wrong at the press of a switch."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from bot.demo.faults import Faults


@dataclass(frozen=True, slots=True)
class Switch:
    """`state` tells whether it is on now; `toggle` changes that and returns when it is done.

    A switch without `state` is a push button: it does its thing once.
    """

    fr: str
    en: str
    toggle: Callable[[], Awaitable[None]]
    state: Callable[[], bool | Awaitable[bool]] | None = None
    hint_fr: str = ""
    hint_en: str = ""

    async def as_json(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "label": {"fr": self.fr, "en": self.en},
            "hint": {"fr": self.hint_fr, "en": self.hint_en},
            "on": await self._is_on(),
        }

    async def _is_on(self) -> bool | None:
        if self.state is None:
            return None
        state = self.state()
        return await state if isawaitable(state) else state


async def shown(switches: Mapping[str, Switch]) -> list[dict[str, Any]]:
    return [await switch.as_json(name) for name, switch in switches.items()]


def of_telegram(faults: Faults) -> dict[str, Switch]:
    async def lose_reply() -> None:
        faults.lose_reply("sendMessage")

    return {
        "telegram-reply": Switch(
            "Perdre la prochaine réponse",
            "Lose the next reply",
            lose_reply,
            hint_fr="Le message part, le bot ne l’apprend pas.",
            hint_en="The message is sent; the bot never hears of it.",
        )
    }

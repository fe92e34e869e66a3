"""What an examination found: of what it speaks, whether it has to be mended, and the words for it in any language."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from markupsafe import Markup

from bot.texts import Voice


class Level(StrEnum):
    FINE = "✅"
    HINT = "💡"
    WRONG = "❌"


@dataclass(frozen=True, slots=True)
class Finding:
    about: str
    level: Level
    key: str
    values: dict[str, Any] = field(default_factory=dict)

    def title(self, voice: Voice) -> str:
        """Variables and systems are called the same in every language."""
        key = f"doctor.about.{self.about}"
        return voice.say(key).unescape() if voice.knows(key) else self.about

    def say(self, voice: Voice) -> Markup:
        return voice.say(self.key, **self.values)


def fine(about: str, key: str = "doctor.fine", **values: Any) -> Finding:
    return Finding(about, Level.FINE, key, values)


def hint(about: str, key: str, **values: Any) -> Finding:
    return Finding(about, Level.HINT, key, values)


def wrong(about: str, key: str, **values: Any) -> Finding:
    return Finding(about, Level.WRONG, key, values)

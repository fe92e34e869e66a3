"""What can go wrong between the bot and Telegram, on demand. Each fault is spent by the calls it hits."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    LOST_REQUEST = "lost_request"
    LOST_REPLY = "lost_reply"
    SLOW = "slow"
    BAD_GATEWAY = "bad_gateway"
    FLOOD = "flood"


@dataclass(slots=True)
class Fault:
    """`method` is one method's name or "*" for every one; `value` is seconds, or the status for BAD_GATEWAY."""

    kind: Kind
    method: str
    times: int
    value: float = 0.0

    def hits(self, method: str) -> bool:
        return self.times > 0 and self.method.lower() in ("*", method.lower())


@dataclass(slots=True)
class Faults:
    """`faults.lose_reply("sendMessage")`: the next message is sent and the bot never learns of it."""

    planned: list[Fault] = field(default_factory=list)

    def lose_request(self, method: str = "*", times: int = 1) -> None:
        """The connection dies before Telegram did anything."""
        self._plan(Kind.LOST_REQUEST, method, times)

    def lose_reply(self, method: str = "*", times: int = 1) -> None:
        """Telegram did its work; the connection dies before the answer."""
        self._plan(Kind.LOST_REPLY, method, times)

    def slow_down(self, seconds: float, method: str = "*", times: int = 1) -> None:
        self._plan(Kind.SLOW, method, times, seconds)

    def bad_gateway(self, status: int = 502, method: str = "*", times: int = 1) -> None:
        """An HTML page instead of JSON, as a proxy in front of Telegram gives it."""
        self._plan(Kind.BAD_GATEWAY, method, times, status)

    def flood(self, retry_after: int, method: str = "*", times: int = 1) -> None:
        self._plan(Kind.FLOOD, method, times, retry_after)

    def clear(self) -> None:
        self.planned.clear()

    def spend(self, method: str) -> list[Fault]:
        """The faults that this call meets, at most one of each kind."""
        met: dict[Kind, Fault] = {}
        for fault in self.planned:
            if fault.hits(method) and fault.kind not in met:
                met[fault.kind] = fault
                fault.times -= 1
        self.planned = [fault for fault in self.planned if fault.times > 0]
        return list(met.values())

    def _plan(self, kind: Kind, method: str, times: int, value: float = 0.0) -> None:
        self.planned.append(Fault(kind, method, times, value))

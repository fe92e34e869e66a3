"""What happened, line by line, in the order it happened; and of it, what concerns one payment."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Line:
    at: float
    who: str
    what: str

    def __str__(self) -> str:
        days, seconds = divmod(self.at, 86_400)
        hours, rest = divmod(seconds, 3600)
        day = f"+{int(days)}d " if days >= 1 else ""
        return f"{day}{int(hours):02}:{int(rest // 60):02}:{rest % 60:06.3f}  {self.who:<12} {self.what}"


@dataclass
class Story:
    lines: list[Line] = field(default_factory=list)

    def tell(self, at: float, who: str, what: str) -> None:
        self.lines.append(Line(at, who, what))

    def digest(self) -> str:
        whole = hashlib.sha256()
        for line in self.lines:
            whole.update(f"{line.at!r}\0{line.who}\0{line.what}\n".encode())
        return whole.hexdigest()

    def about(self, names: Iterable[str]) -> list[str]:
        """The lines in which one of the names stands, and those that concern everybody."""
        wanted = [name for name in names if name]
        return [str(line) for line in self.lines if line.who == "storm" or any(name in line.what for name in wanted)]

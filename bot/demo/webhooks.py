"""Where updates are pushed instead of polled, and how the last push went."""

from dataclasses import dataclass
from datetime import datetime

from bot.demo.people import Json


@dataclass(slots=True)
class Webhook:
    url: str = ""
    secret: str = ""
    max_connections: int = 40
    last_error_at: datetime | None = None
    last_error: str = ""

    def as_json(self, pending: int, allowed: frozenset[str] | None) -> Json:
        body: Json = {"url": self.url, "has_custom_certificate": False, "pending_update_count": pending}
        if self.url:
            body["max_connections"] = self.max_connections
        if self.last_error_at:
            body["last_error_date"] = int(self.last_error_at.timestamp())
            body["last_error_message"] = self.last_error
        return body | ({"allowed_updates": sorted(allowed)} if allowed else {})

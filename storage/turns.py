"""What only one instance of the program does at a time, decided by the database that they share."""

from zlib import crc32

from sqlalchemy import Connection, Engine, text

_SOON = ("tcp_keepalives_idle = 15", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3")
"""How soon PostgreSQL believes that an instance is gone whose machine vanished. One that was killed is gone at once."""


class Turn:
    """A lock that lives as long as the connection that took it: nobody has to give back what a dead instance held.

    Its calls wait for the database, so they belong into a thread.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._key = crc32(name.encode())
        self._held: Connection | None = None

    def take(self) -> bool:
        """Whether it is ours, from before or from now on. Raises DBAPIError; then it is ours no more."""
        if self._held is None:
            return self._try()
        try:
            self._held.execute(text("SELECT 1"))
        except BaseException:
            self.leave()
            raise
        return True

    def leave(self) -> None:
        """By closing the connection: so it can't come back to the pool with the lock."""
        if self._held is not None:
            held, self._held = self._held, None
            held.invalidate()
            held.close()

    def _try(self) -> bool:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": self._key}):
                return False
            for setting in _SOON:
                connection.execute(text(f"SET {setting}"))
            self._held = connection
        finally:
            if self._held is None:
                connection.close()
        return True

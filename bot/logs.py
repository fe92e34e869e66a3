"""Logs: one line each, structured, and nothing leaves before the redactor has read it."""

import logging
import sys
from collections.abc import Sequence

import structlog

from providers.redaction import Redactor

_CHATTY = ("httpx", "httpcore", "apscheduler", "aiohttp", "asyncio", "alembic", "uvicorn.access")
_TALKATIVE = ("telegram", "sqlalchemy")
"""At debug level these print whole messages and rows: what customers wrote, and their numbers."""


class _Redacted(logging.Formatter):
    """Wraps the real formatter: whatever it made, tracebacks included, is cleaned as a whole."""

    def __init__(self, inner: logging.Formatter, redact: Redactor) -> None:
        super().__init__()
        self._inner = inner
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(self._inner.format(record))


def set_up(level: str, redact: Redactor) -> None:
    """At debug level most libraries speak as well, redacted like everything else."""
    shared: Sequence[structlog.typing.Processor] = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact.processor,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], sort_keys=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacted(renderer, redact))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
    # It logs each flood limit as an error with a traceback; the notice waits, and says so itself.
    logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)

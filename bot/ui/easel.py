"""Where pictures are drawn: by a process of its own, one after the other.

What draws takes 50 MB and more that are never given back; so it is started when there is something to draw, and ends
when nothing was for a while. It knows no token, no key and no database.
"""

import asyncio
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec

from bot.payments.figures import Page, Report
from bot.texts import Voice
from bot.ui import chart
from bot.ui.brush import SIZE

P = ParamSpec("P")
Draw = Callable[[Report, Page, Voice], bytes]

_IDLE = 120.0
_PATIENCE = 60.0
"""Seconds for one picture, on a slow machine and from a cold start."""
_HANDED = ("PATH", "PYTHONPATH", "HOME", "LANG", "TMPDIR", "TEMP", "SYSTEMROOT", "MPLCONFIGDIR", "SOURCE_DATE_EPOCH")


class NotDrawn(Exception):
    """Why there is no picture."""


class Easel:
    def __init__(self, draw: Draw = chart.draw, idle: float = _IDLE) -> None:
        self._draw = draw
        self._idle = idle
        self._one = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._ending: asyncio.Task[None] | None = None

    async def pictures(self, report: Report, voice: Voice) -> list[bytes]:
        """One for each page. Raises NotDrawn."""
        return [await self.drawn(self._draw, report, page, voice) for page in report.pages]

    async def drawn(self, draw: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> bytes:
        """Anything else that takes its time to be drawn, by a function of a module. Raises NotDrawn."""
        async with self._one:
            self._stay()
            try:
                async with asyncio.timeout(_PATIENCE):
                    good, told = await self._ask(pickle.dumps((draw, args, kwargs)))
            except (OSError, EOFError, TimeoutError, asyncio.CancelledError) as error:
                await self._end()  # what is still under way there must not be taken for the next answer
                if isinstance(error, asyncio.CancelledError):
                    raise
                raise NotDrawn(type(error).__name__) from error
            self._ending = asyncio.create_task(self._leave())
        if not good:
            raise NotDrawn(told.decode())
        return told

    async def _ask(self, order: bytes) -> tuple[bool, bytes]:
        process = await self._open()
        assert process.stdin  # noqa: S101 - piped
        assert process.stdout  # noqa: S101
        process.stdin.write(len(order).to_bytes(SIZE, "big") + order)
        await process.stdin.drain()
        head = await process.stdout.readexactly(1 + SIZE)
        return head[0] == 1, await process.stdout.readexactly(int.from_bytes(head[1:], "big"))

    async def _open(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot.ui.brush",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={name: os.environ[name] for name in _HANDED if name in os.environ},
            )
        return self._process

    def _stay(self) -> None:
        if self._ending:
            self._ending.cancel()
            self._ending = None

    async def _leave(self) -> None:
        await asyncio.sleep(self._idle)
        self._ending = None
        async with self._one:
            if self._ending is None:
                await self._end()

    async def _end(self) -> None:
        if process := self._process:
            self._process = None
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def close(self) -> None:
        self._stay()
        await self._end()

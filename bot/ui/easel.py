"""Where pictures are drawn: on a thread of their own, one after the other, as the library wants it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec

from bot.payments.figures import Page, Report
from bot.texts import Voice

P = ParamSpec("P")
Draw = Callable[[Report, Page, Voice], bytes]


class Easel:
    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    async def pictures(self, report: Report, voice: Voice) -> list[bytes]:
        """One for each page."""
        return [await self.drawn(self._draw, report, page, voice) for page in report.pages]

    async def drawn(self, draw: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> bytes:
        """Anything else that takes its time to be drawn."""
        return await asyncio.get_running_loop().run_in_executor(self._hand, partial(draw, *args, **kwargs))

    def close(self) -> None:
        """What waits to be drawn is let go."""
        self._hand.shutdown(wait=False, cancel_futures=True)

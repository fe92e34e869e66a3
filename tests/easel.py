"""Draws in the test's own process: a process for each test's one picture would be most of its time."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec

from bot.ui.easel import Easel

P = ParamSpec("P")


class Inside(Easel):
    async def drawn(self, draw: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> bytes:
        return await asyncio.to_thread(draw, *args, **kwargs)

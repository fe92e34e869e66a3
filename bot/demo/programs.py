"""Programs of the demo that run beside it, and that can be killed as a machine kills: at once, saving nothing."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

_BORN_WITHIN = 60.0


class Program:
    """One `python -m ...` in a process of its own. Its output goes to a file beside its books."""

    def __init__(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        folder: Path,
        alive: str = "",
        *,
        talkative: bool = False,
    ) -> None:
        """`alive` is an address that answers once the program is up. One that is `talkative` greets its user with
        credentials: only its complaints are kept.
        """
        self._output = DEVNULL if talkative else None
        self.env = env
        self._arguments = [sys.executable, "-m", *arguments]
        self._folder = folder
        self._alive = alive
        self._process: Process | None = None
        self.log = folder / f"{arguments[0].replace('.', '-')}.log"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._arguments, env=dict(self.env), cwd=self._folder, stdout=self._output or log, stderr=log
            )
        if self._alive:
            await self._until_it_answers()

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Lets it put its things in order first."""
        await self._end(signal.SIGTERM)

    async def toggle(self) -> None:
        await (self.kill() if self.running else self.start())

    async def _end(self, how: signal.Signals) -> None:
        if self._process and self.running:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(how)
            await self._process.wait()

    async def _until_it_answers(self) -> None:
        async with asyncio.timeout(_BORN_WITHIN), httpx.AsyncClient(trust_env=False) as client:
            while self.running:
                with contextlib.suppress(httpx.HTTPError):
                    await client.get(self._alive)
                    return
                await asyncio.sleep(0.05)
        raise RuntimeError(f"{self._arguments[2]} ended at once; see {self.log}")


def free_port() -> int:
    """Below the ports that a system hands out by itself: nobody takes it before the program starts."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - not a secret
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def clean_environment(names: Sequence[str]) -> dict[str, str]:
    """This process's variables without those that begin like `names`: no real account may slip into a demo."""
    return {name: value for name, value in os.environ.items() if not name.startswith(tuple(names))}

"""The process that draws: started when there is something to draw, ended when there is nothing."""

import asyncio
import os
import signal
import time

import pytest

from bot.ui.easel import Easel, NotDrawn


def own_process() -> bytes:
    return str(os.getpid()).encode()


def known_secrets() -> bytes:
    return b",".join(name.encode() for name in os.environ if name.startswith(("GUICHET", "TELEGRAM", "CAMPAY")))


def fails() -> bytes:
    raise ValueError("677 77 77 77")


def dies() -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_pictures_are_drawn_by_one_other_process_which_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUICHET_SECRET_KEY", "nobody may read this")
    easel = Easel()
    first, second = await asyncio.gather(easel.drawn(own_process), easel.drawn(own_process))
    assert first == second != own_process()
    assert await easel.drawn(known_secrets) == b""
    with pytest.raises(NotDrawn, match=r"^ValueError$"):
        await easel.drawn(fails)
    with pytest.raises(NotDrawn):
        await easel.drawn(dies)
    assert await easel.drawn(own_process) not in (first, own_process())
    await easel.close()


async def test_the_process_ends_when_nothing_was_drawn_for_a_while() -> None:
    easel = Easel(idle=0.1)
    pid = int(await easel.drawn(own_process))
    deadline = time.monotonic() + 60
    while alive(pid) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert not alive(pid)
    await easel.close()

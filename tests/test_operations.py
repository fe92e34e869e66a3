"""docs/operations.md, followed by somebody who has nothing: its very commands, one after the other."""

import asyncio
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.core import TyperGroup
from typer.main import get_command

from bot.__main__ import cli
from bot.demo.programs import free_port
from tests.tree import ROOT

PAGE = ROOT / "docs" / "operations.md"
MOST = 10
PATIENCE = 240.0
"""Seconds, for seven programs that start on a machine with other work to do."""


def commands() -> list[str]:
    """The lines of the first block of commands, joined where they go on."""
    block = re.search(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block
    lines = block[1].replace("\\\n", "").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_it_takes_ten_commands_at_most() -> None:
    assert 5 <= len(commands()) <= MOST


def test_every_page_and_file_that_it_names_is_there() -> None:
    for page in [PAGE, *(ROOT / "docs" / "operations").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_of_ours_that_the_pages_name_is_one() -> None:
    program = get_command(cli)
    assert isinstance(program, TyperGroup)
    known = program.commands
    text = "".join(page.read_text() for page in [PAGE, *(ROOT / "docs" / "operations").glob("*.md")])
    named = set(re.findall(r"(?:`|/bin/|\brm )guichet ([a-z-]+)", text))
    assert named
    assert named <= set(known)


@contextmanager
def newcomer(folder: Path, ports: dict[str, str]) -> Iterator[Path]:
    """A folder with nothing in it, and what the registry would give: our programs. Whatever was begun there ends."""
    tools = folder / "tools"
    tools.mkdir()
    for name, words in {"make": _MAKE, "guichet": f'#!/bin/sh\nexec "{sys.executable}" -m bot "$@"\n'}.items():
        (tools / name).write_text(words)
        (tools / name).chmod(stat.S_IRWXU)
    script = "\n".join(["set -eu", *(_here(line, ports) for line in commands()), "wait"])
    (folder / "newcomer.sh").write_text(script)
    kept = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "PYTHONHASHSEED")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env |= {"PATH": f"{tools}:{env['PATH']}", "TOOLS": str(tools)}
    with (folder / "newcomer.log").open("wb") as log:
        whole = subprocess.Popen(
            ["bash", "newcomer.sh"], cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield folder / "guichet"
    finally:
        os.killpg(whole.pid, signal.SIGTERM)
        whole.wait(30)


_MAKE = """#!/bin/sh
# Stands for the registry: `make install` would fetch what is here already.
[ "$1" = install ] && mkdir -p .venv/bin && cp "$TOOLS/guichet" .venv/bin/guichet
"""


def _here(line: str, ports: dict[str, str]) -> str:
    """From this very tree, and on ports that nobody has."""
    line = line.replace("<this repository>", str(ROOT))
    for known, free in ports.items():
        line = line.replace(known, free)
    return line


def at(telegram: str) -> httpx.AsyncClient:
    """As its page calls it."""
    return httpx.AsyncClient(base_url=telegram, headers={"X-Guichet": "1"}, trust_env=False, timeout=30)


@pytest.mark.skipif(shutil.which("git") is None or shutil.which("curl") is None, reason="needs git and curl")
@pytest.mark.timeout(300)
async def test_a_newcomer_has_a_webhook_deployment_that_answers_and_is_kept(tmp_path: Path) -> None:
    ports = {"8800": str(free_port()), "8080": str(free_port())}
    telegram = f"http://127.0.0.1:{ports['8800']}"
    with newcomer(tmp_path, ports) as home:
        try:
            async with asyncio.timeout(PATIENCE), at(telegram) as page:
                while not list((home / "backups").glob("*.json")):
                    await asyncio.sleep(0.1)
                state = (await page.get("/api/state")).json()
                [owner] = [one["id"] for one in state["people"] if one["first_name"] == "Awa"]
                asked = await page.post(f"/api/chats/{owner}/messages", json={"user": owner, "text": "/balance"})
                assert asked.is_success, asked.text
                while "CamPay" not in (await page.get(f"/api/chats/{owner}")).text:
                    await asyncio.sleep(0.1)
        except (TimeoutError, httpx.HTTPError) as error:
            pytest.fail(f"{error!r}\n{(tmp_path / 'newcomer.log').read_text()[-3000:]}")
        env = (home / ".env").read_text()
    assert "BOT_MODE=webhook" in env
    assert stat.S_IMODE((home / ".env").stat().st_mode) == 0o600
    log = (home / "guichet.log").read_text()
    assert "Traceback" not in log

"""Starts what is measured as processes of their own, and reads what they cost."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

_TICK = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def street(telegram: float = 0.05, system: float = 0.2) -> Iterator[str]:
    with _program("tests.bench.street", str(telegram), str(system)) as (_, said):
        yield f"http://127.0.0.1:{said}"


@contextlib.contextmanager
def bot(name: str, url: str, database: str = "", *more: str) -> Iterator[int]:
    """Its process id, once it is ready."""
    with _program("tests.bench.bots", name, url, database, *more) as (process, _):
        yield process.pid


@contextlib.contextmanager
def _program(module: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """With the first line that it prints."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            said = process.stdout.readline().strip()
            if not said:
                raise RuntimeError(f"{module} did not start")
            yield process, said
        finally:
            process.terminate()


def errands(url: str, **how: object) -> float:
    """Seconds that a run took."""
    with urlopen(f"{url}/run", json.dumps(how).encode(), timeout=600) as reply:  # noqa: S310 - http, ours
        return float(json.load(reply)["seconds"])


def processor(pid: int) -> float:
    """Seconds of the processor that this process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def memory(pid: int) -> float:
    """Resident, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port

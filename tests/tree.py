"""A copy of the whole house, in which a test may build and run what it likes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

_FOLDERS = ("bot", "docs", "providers", "storage", "tests")
_FILES = ("pyproject.toml", ".env.example", "LICENSE", "Dockerfile", "compose.yaml", "*.md")


def copied(to: Path) -> Path:
    for folder in _FOLDERS:
        shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (file for pattern in _FILES for file in ROOT.glob(pattern)):
        shutil.copy(file, to)
    return to


def python(tree: Path, *arguments: str, timeout: float = 240) -> str:
    """What it printed. The copy's modules come before the installed ones."""
    return both(tree, *arguments, timeout=timeout)[0]


def both(tree: Path, *arguments: str, timeout: float = 240) -> tuple[str, str]:
    """What it printed, and what it logged."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout, done.stderr

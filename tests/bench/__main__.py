"""python -m tests.bench [--short] [name ...]: runs every bench here, or the named ones, and prints what came of each.

`--short` takes a minute, and fails when a ratio has fallen by more than a third since ratios.json was written;
`--keep` writes that file.
"""

import importlib
import json
import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.bench.table import Row, shown

TABLE = ("chat", "sweep", "claim", "life", "collection", "instances", "callback", "footing", "delay")
ASIDE = ("chain", "transport")
"""What docs/decisions.md speaks of; they print for themselves."""
SHORT = ("chat", "sweep", "claim", "footing")
_KEPT = Path(__file__).parent / "ratios.json"
_FALL = 2 / 3


def main(words: list[str]) -> int:
    short, keep = "--short" in words, "--keep" in words
    names = [word for word in words if not word.startswith("--")]
    if unknown := set(names) - {*TABLE, *ASIDE}:
        print(f"no such bench: {', '.join(sorted(unknown))}. There are: {', '.join((*TABLE, *ASIDE))}")
        return 2
    found = {name: _run(name, short=short) for name in names or (SHORT if short else (*TABLE, *ASIDE))}
    rows = [row for name in found for row in found[name]]
    print(f"\nPython {platform.python_version()}, {os.cpu_count()} processors, {platform.machine()}\n\n{shown(rows)}")
    if keep:
        kept = {name: round(value, 3) for name, value in _ratios(rows).items()}
        _KEPT.write_text(json.dumps(kept, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
        return 0
    return int(any(_has_fallen(name, found[name]) for name in found)) if short else 0


def _run(name: str, *, short: bool) -> list[Row]:
    print(f"# {name}", flush=True)
    module = importlib.import_module(f"tests.bench.{name}")
    rows: list[Row] = (module.run(short=short) if name in TABLE else module.run()) or []
    return rows


def _ratios(rows: Iterable[Row]) -> dict[str, float]:
    return {name: value for row in rows for name, value in row.ratios.items()}


def _has_fallen(name: str, rows: list[Row]) -> bool:
    """Measured again where it seems so: a neighbour's noise does not come three times."""
    kept: dict[str, float] = json.loads(_KEPT.read_text())
    for tries_left in (2, 1, 0):
        fallen = {ratio: value for ratio, value in _ratios(rows).items() if value < kept.get(ratio, 0) * _FALL}
        for ratio, value in fallen.items():
            print(f"{ratio}: {value:.3f}, and was {kept[ratio]:.3f}")
        if not fallen:
            return False
        rows = _run(name, short=True) if tries_left else rows
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

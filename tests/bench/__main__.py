"""python -m tests.bench [--short] [name ...]: runs every bench here, or the named ones, and prints what came of each.

`--short` takes a minute, and fails when a ratio has fallen by more than a third since ratios.json was written;
`--keep` writes that file.
"""

import importlib
import json
import os
import platform
import sys
from pathlib import Path

from tests.bench.table import Row, shown

TABLE = ("chat", "sweep", "claim", "footing")
ASIDE = ("chain", "transport")
"""What docs/decisions.md speaks of; they print for themselves."""
SHORT = TABLE
_KEPT = Path(__file__).parent / "ratios.json"
_FALL = 2 / 3


def main(words: list[str]) -> int:
    short, keep = "--short" in words, "--keep" in words
    names = [word for word in words if not word.startswith("--")]
    if unknown := set(names) - {*TABLE, *ASIDE}:
        print(f"no such bench: {', '.join(sorted(unknown))}. There are: {', '.join((*TABLE, *ASIDE))}")
        return 2
    rows: list[Row] = []
    for name in names or (SHORT if short else (*TABLE, *ASIDE)):
        print(f"# {name}", flush=True)
        module = importlib.import_module(f"tests.bench.{name}")
        rows += module.run(short=short) if name in TABLE else module.run() or []
    print(f"\nPython {platform.python_version()}, {os.cpu_count()} processors, {platform.machine()}\n\n{shown(rows)}")
    ratios = {name: round(value, 3) for row in rows for name, value in row.ratios.items()}
    if keep:
        _KEPT.write_text(json.dumps(ratios, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
    return _fallen(ratios) if short and not keep else 0


def _fallen(ratios: dict[str, float]) -> int:
    kept: dict[str, float] = json.loads(_KEPT.read_text())
    fallen = [name for name, value in ratios.items() if value < kept.get(name, 0) * _FALL]
    for name in fallen:
        print(f"{name}: {ratios[name]:.3f}, and was {kept[name]:.3f}")
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""python -m tests.bench [name ...]: runs every bench here, or the named ones. Each module has a `run()`."""

import importlib
import pkgutil
import sys
from pathlib import Path


def benches() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name[0] != "_")


def main(names: list[str]) -> int:
    if unknown := set(names) - set(benches()):
        print(f"no such bench: {', '.join(sorted(unknown))}. There are: {', '.join(benches())}")
        return 2
    for name in names or benches():
        print(f"# {name}")
        importlib.import_module(f"tests.bench.{name}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

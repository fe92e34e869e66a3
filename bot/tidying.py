"""How often the interpreter looks for what only points at itself."""

import gc

_NEW = 10_000
"""So many new objects are looked through at a time, in place of 700: most of them are gone by then anyway."""


def tidy_seldom() -> None:
    """Once all is loaded: that stays to the end, and is not looked through again. It holds for the whole process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW, *gc.get_threshold()[1:])

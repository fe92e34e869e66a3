"""How much of it: a run of the tests sends thousands; FUZZ=20 sends twenty times as many."""

import os

TIMES = int(os.environ.get("FUZZ", "1"))


def examples(number: int) -> int:
    return number * TIMES

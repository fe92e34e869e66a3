"""python -m bot.ui.brush: draws what its parent, the counter, hands it, and ends with it."""

import pickle
import signal
import sys
import traceback

SIZE = 8
"""Bytes that say how long what follows is."""


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the counter, which ends this
    orders, pictures = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    while head := orders.read(SIZE):
        draw, args, kwargs = pickle.loads(orders.read(int.from_bytes(head, "big")))  # noqa: S301 - our parent's
        try:
            good, told = True, draw(*args, **kwargs)
        except Exception as error:
            traceback.print_tb(error.__traceback__)  # without its text, which may quote a person
            good, told = False, type(error).__name__.encode()
        pictures.write(bytes([good]) + len(told).to_bytes(SIZE, "big") + told)
        pictures.flush()


if __name__ == "__main__":
    main()

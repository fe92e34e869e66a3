"""The program: Telegram at the edge, payments inside."""

import os

# python-telegram-bot gives times as timedelta only when asked to, and warns at each flood limit until it is.
os.environ.setdefault("PTB_TIMEDELTA", "1")

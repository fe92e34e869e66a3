"""What a person is told when something can't be done: a text's key and its values, never a sentence."""

from typing import Any


class UserError(Exception):
    """Shown to whoever asked, in their language. `key` is in the catalogues of bot/texts."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

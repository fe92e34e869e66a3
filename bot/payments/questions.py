"""Questions that move nothing, put to every account of a merchant at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.payments.accounts import Accounts
from providers.base import Provider
from providers.errors import ProviderError
from providers.messages import Verb

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """One system's answer, or its error; neither: it has no such call."""

    title: str
    value: T | None = None
    error: ProviderError | None = None


class Questions:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def ask_all(
        self, merchant_id: int, verb: Verb, question: Callable[[Provider], Awaitable[T]]
    ) -> list[Answer[T]]:
        """In the order of the accounts; one that fails does not hide the others."""
        return list(await asyncio.gather(*(_ask(one, verb, question) for one in self._accounts.of(merchant_id))))


async def _ask(provider: Provider, verb: Verb, question: Callable[[Provider], Awaitable[T]]) -> Answer[T]:
    title = provider.sheet.title
    if verb not in provider.verbs:
        return Answer(title)
    try:
        return Answer(title, await question(provider))
    except ProviderError as error:
        return Answer(title, error=error)

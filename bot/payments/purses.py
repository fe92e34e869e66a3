"""What an account holds now, where it tells so at once."""

import asyncio
from collections import Counter

from providers.base import Provider
from providers.errors import ProviderError

_PATIENCE = 3.0


async def purse(provider: Provider) -> dict[str, int]:
    """By currency; the parts of an account are added up."""
    try:
        async with asyncio.timeout(_PATIENCE):
            balances = await provider.balance()
    except (ProviderError, TimeoutError):
        return {}
    pockets = {one.pocket for one in balances}
    main = next((name for name in ("AVAILABLE", "") if name in pockets), None)
    held: Counter[str] = Counter()
    for one in balances:
        if main in (None, one.pocket):
            held[one.amount.currency] += one.amount.minor
    return dict(held)

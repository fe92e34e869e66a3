"""Each merchant's accounts with the payment systems."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import httpx

from providers import discover
from providers.base import Clock, Provider, Trial, Verb
from storage.people import HOUSE


class Accounts:
    """`of` lists a merchant's open accounts in order of preference; `get` finds one by its system's name."""

    def __init__(self, opened: Mapping[int, Iterable[Provider]]) -> None:
        self._opened = {merchant: {provider.name: provider for provider in some} for merchant, some in opened.items()}

    @classmethod
    def of_house(
        cls,
        env: Mapping[str, str],
        now: Clock,
        transport: Callable[[], httpx.AsyncBaseTransport | None] = lambda: None,
        prefer: Sequence[str] = (),
    ) -> "Accounts":
        """The accounts named in the environment, those of `prefer` first. Raises Misconfigured for one half set."""
        opened = []
        systems = discover()
        for name in dict.fromkeys((*prefer, *systems)):
            system = systems[name]
            settings = system.Settings.read(name, _with_addresses(name, system, env))
            if settings is not None:
                opened.append(system.open(settings, transport(), now))
        return cls({HOUSE: opened})

    def of(self, merchant_id: int) -> list[Provider]:
        return list(self._opened.get(merchant_id, {}).values())

    def get(self, merchant_id: int, name: str) -> Provider | None:
        return self._opened.get(merchant_id, {}).get(name)

    def trial(self, merchant_id: int) -> tuple[Provider, Trial] | None:
        """The first account by which a request can be tried without real money."""
        return next(((one, trial) for one in self.of(merchant_id) if (trial := one.trial())), None)

    def able(self, verb: Verb) -> set[str]:
        """The systems that have this call."""
        return {provider.name for provider in self._all() if verb in provider.verbs}

    def secrets(self) -> list[str]:
        return [secret for provider in self._all() for secret in provider.settings.secrets()]

    async def close(self) -> None:
        for provider in self._all():
            await provider.close()

    def _all(self) -> list[Provider]:
        return [provider for some in self._opened.values() for provider in some.values()]


def _with_addresses(name: str, system: type[Provider], env: Mapping[str, str]) -> Mapping[str, str]:
    """Where we are: a system that is told with an order where to call back, and where its payer ends, hears it."""
    base = env.get("PUBLIC_URL", "").strip().rstrip("/")
    on = any(key.startswith(f"{name.upper()}_") and value.strip() for key, value in env.items())
    if not base or not on:
        return env
    ours = {
        f"{name.upper()}_{field.upper()}": f"{base}/{page}/{name}"
        for field, page in (("callback_url", "callbacks"), ("return_url", "return"))
        if field in system.Settings.model_fields
    }
    return {**env, **{key: url for key, url in ours.items() if not env.get(key, "").strip()}}

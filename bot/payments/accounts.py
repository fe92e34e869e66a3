"""Each merchant's accounts with the payment systems."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import httpx

from providers import discover
from providers.base import Clock, Provider
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
            settings = system.Settings.read(name, _with_callback(name, system, env))
            if settings is not None:
                opened.append(system.open(settings, transport(), now))
        return cls({HOUSE: opened})

    def of(self, merchant_id: int) -> list[Provider]:
        return list(self._opened.get(merchant_id, {}).values())

    def get(self, merchant_id: int, name: str) -> Provider | None:
        return self._opened.get(merchant_id, {}).get(name)

    def secrets(self) -> list[str]:
        return [secret for provider in self._all() for secret in provider.settings.secrets()]

    async def close(self) -> None:
        for provider in self._all():
            await provider.close()

    def _all(self) -> list[Provider]:
        return [provider for some in self._opened.values() for provider in some.values()]


def _with_callback(name: str, system: type[Provider], env: Mapping[str, str]) -> Mapping[str, str]:
    """A system that is told with each order where to call back is told where we listen."""
    variable, base = f"{name.upper()}_CALLBACK_URL", env.get("PUBLIC_URL", "").strip().rstrip("/")
    on = any(key.startswith(f"{name.upper()}_") and value.strip() for key, value in env.items())
    if not (on and base and "callback_url" in system.Settings.model_fields) or env.get(variable, "").strip():
        return env
    return {**env, variable: f"{base}/callbacks/{name}"}

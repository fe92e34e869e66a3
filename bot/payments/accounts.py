"""Each merchant's accounts with the payment systems."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx

from providers import discover
from providers.base import Clock, Provider, Trial
from providers.client import Nobody, Observer
from providers.errors import Misconfigured
from providers.messages import Verb
from providers.sheet import Pace
from storage.people import HOUSE

_RETIREMENT = timedelta(minutes=3)
"""Longer than any call under way can take."""


@dataclass(frozen=True, slots=True)
class Connected:
    """An account of the chat, opened. `closing`: nothing new goes over it, what is open there is still asked about."""

    merchant_id: int
    provider: Provider
    path: str
    version: int
    closing: bool


class Opener:
    """Opens accounts: where we are and where the systems are is the operator's word, in the environment."""

    def __init__(
        self,
        env: Mapping[str, str],
        now: Clock,
        transport: Callable[[], httpx.AsyncBaseTransport | None] = lambda: None,
        observer: Observer | None = None,
    ) -> None:
        self.systems = discover()
        self._observer = observer or Nobody()
        self._env = env
        self._now = now
        self._transport = transport
        self._base = env.get("PUBLIC_URL", "").strip().rstrip("/")

    def from_environment(self, name: str) -> Provider | None:
        """None: nothing of it is set. Raises Misconfigured for one half set."""
        prefix = f"{name.upper()}_"
        given = {key for key, value in self._env.items() if key.startswith(prefix) and value.strip()}
        on = given - {f"{prefix}BASE_URL"}  # which alone says where others' accounts are
        return self._open(name, self._env, name) if on else None

    def connected(self, name: str, given: Mapping[str, str], path: str) -> Provider:
        """Raises Misconfigured."""
        host = f"{name.upper()}_BASE_URL"
        env = {f"{name.upper()}_{field.upper()}": value for field, value in given.items()}
        opened = self._open(name, {host: self._env.get(host, ""), **env}, f"{name}/{path}")
        if opened is None:
            raise Misconfigured("no settings")
        return opened

    def has_host(self, name: str) -> bool:
        """Whether it is known where this system is: a merchant is never asked."""
        host = self.systems[name].Settings.model_fields["base_url"]
        return not host.is_required() or bool(self._env.get(f"{name.upper()}_BASE_URL", "").strip())

    def callbacks(self, name: str, path: str, given: Mapping[str, str]) -> str:
        """The address that the owner enters at the system; empty where nobody can call us."""
        system = self.systems[name]
        if not self._base or Verb.PARSE_CALLBACK not in system.verbs:
            return ""
        proof = "&".join(f"{word}={given[field]}" for field, word in system.Settings.drawn.items() if field in given)
        return f"{self._base}/callbacks/{name}/{path}{f'?{proof}' if proof else ''}"

    def tells_by_itself(self, name: str) -> bool:
        """Whether each order carries the address where to call back."""
        return "callback_url" in self.systems[name].Settings.model_fields

    def _open(self, name: str, env: Mapping[str, str], end: str) -> Provider | None:
        system = self.systems[name]
        settings = system.Settings.read(name, self._with_addresses(name, env, end))
        if settings is None:
            return None
        opened = system.open(settings, self._transport(), self._now)
        opened.client.observe(self._observer)
        return opened

    def _with_addresses(self, name: str, env: Mapping[str, str], end: str) -> Mapping[str, str]:
        """Where we are: a system that is told with an order where to call back, and where its payer ends, hears it."""
        if not self._base:
            return env
        ours = {
            f"{name.upper()}_{field.upper()}": f"{self._base}/{page}/{end}"
            for field, page in (("callback_url", "callbacks"), ("return_url", "return"))
            if field in self.systems[name].Settings.model_fields
        }
        return {**env, **{key: url for key, url in ours.items() if not env.get(key, "").strip()}}


class Accounts:
    """`of` lists a merchant's open accounts in order of preference, `sender` finds one of them by its system's name.
    `get` finds one that may be closing as well: it is asked, and never given anything new.
    """

    def __init__(self, opened: Mapping[int, Iterable[Provider]], prefer: Sequence[str] = ()) -> None:
        self._opened = {merchant: {provider.name: provider for provider in some} for merchant, some in opened.items()}
        self._connected: dict[str, Connected] = {}
        self._retired: list[tuple[datetime, Provider]] = []
        self._prefer = prefer
        self._scarce: dict[tuple[int, str], Callable[[timedelta], timedelta]] = {}

    @classmethod
    def of_house(
        cls,
        env: Mapping[str, str],
        now: Clock,
        transport: Callable[[], httpx.AsyncBaseTransport | None] = lambda: None,
        prefer: Sequence[str] = (),
        observer: Observer | None = None,
    ) -> "Accounts":
        """The accounts named in the environment, those of `prefer` first. Raises Misconfigured for one half set."""
        opener = Opener(env, now, transport, observer)
        opened = [opener.from_environment(name) for name in dict.fromkeys((*prefer, *opener.systems))]
        return cls({HOUSE: [one for one in opened if one]}, prefer)

    def of(self, merchant_id: int) -> list[Provider]:
        connected = [one.provider for one in self._of(merchant_id) if not one.closing]
        return self.settled(merchant_id) + sorted(connected, key=self._rank)

    def settled(self, merchant_id: int) -> list[Provider]:
        """Those of the environment."""
        return list(self._opened.get(merchant_id, {}).values())

    def get(self, merchant_id: int, name: str) -> Provider | None:
        known = self._opened.get(merchant_id, {}).get(name)
        return known or next((one.provider for one in self._of(merchant_id) if one.provider.name == name), None)

    def pace(self, merchant_id: int, name: str) -> Pace:
        """How an account likes to be asked, and how often it can be."""
        provider = self.get(merchant_id, name)
        pace = provider.sheet.pace if provider else Pace()
        scarce = self._scarce.get((merchant_id, name))
        return replace(pace, scarce=scarce) if scarce else pace

    def stretch(self, account: tuple[int, str], gap: Callable[[timedelta], timedelta] | None) -> None:
        """None: it can be asked as often as usual."""
        if gap:
            self._scarce[account] = gap
        else:
            self._scarce.pop(account, None)

    def limited(self) -> dict[tuple[int, str], Provider]:
        """Accounts that allow a known number of looks a minute, by merchant and system."""
        fixed = [(merchant, one) for merchant, some in self._opened.items() for one in some.values()]
        connected = [(one.merchant_id, one.provider) for one in self._connected.values()]
        return {(merchant, one.name): one for merchant, one in connected + fixed if one.looks_allowed() is not None}

    def sender(self, merchant_id: int, name: str) -> Provider | None:
        return next((one for one in self.of(merchant_id) if one.name == name), None)

    def at(self, path: str) -> Connected | None:
        """Whose callbacks come to this address."""
        return self._connected.get(path)

    def connected(self) -> list[Connected]:
        return list(self._connected.values())

    def put(self, account: Connected, now: datetime) -> None:
        """In the place of what was there under its path."""
        self.drop(account.path, now)
        if account.provider.name not in self._opened.get(account.merchant_id, {}):
            self._connected[account.path] = account

    def drop(self, path: str, now: datetime) -> None:
        """Calls under way end first."""
        if gone := self._connected.pop(path, None):
            self._retired.append((now, gone.provider))

    async def bury(self, now: datetime) -> None:
        done = [provider for since, provider in self._retired if now - since >= _RETIREMENT]
        self._retired = [one for one in self._retired if one[1] not in done]
        for provider in done:
            await provider.close()

    def trial(self, merchant_id: int) -> tuple[Provider, Trial] | None:
        """The first account by which a request can be tried without real money."""
        return next(((one, trial) for one in self.of(merchant_id) if (trial := one.trial())), None)

    def able(self, verb: Verb) -> set[str]:
        """The systems that have this call."""
        return {provider.name for provider in self.every() if verb in provider.verbs}

    def every(self) -> Sequence[Provider]:
        """Of all merchants."""
        fixed = [provider for some in self._opened.values() for provider in some.values()]
        return fixed + [one.provider for one in self._connected.values()]

    def secrets(self) -> list[str]:
        return [secret for provider in self.every() for secret in provider.settings.secrets()]

    async def close(self) -> None:
        for provider in [*self.every(), *(provider for _, provider in self._retired)]:
            await provider.close()

    def _of(self, merchant_id: int) -> list[Connected]:
        return [one for one in self._connected.values() if one.merchant_id == merchant_id]

    def _rank(self, provider: Provider) -> tuple[int, str]:
        place = self._prefer.index(provider.name) if provider.name in self._prefer else len(self._prefer)
        return place, provider.name

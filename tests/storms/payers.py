"""The other end: people whose phones ring, pages they open, and the tricks that systems play on single payments."""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from urllib.parse import urlencode

import httpx

from providers.sandbox.entries import Entry, Kind, Reason, State
from providers.sandbox.phones import NoPrompt, WrongPin
from tests.storms.intents import Intent, Payer, Trick
from tests.storms.plan import Movement, Wanted, movements
from tests.storms.sheets import Sheet
from tests.storms.story import Story
from tests.storms.systems import Systems
from tests.storms.weather import SYSTEMS
from tests.storms.wire import Wire

_PAGE = re.compile(r"http://(?:kpay/gateway/\w+|campay/pay/\w+/?)")
_HASH = re.compile(r'id="hash">(\w+)<')
_DECISIONS: dict[Payer, tuple[State, Reason | None]] = {
    Payer.PAYS: (State.SUCCEEDED, None),
    Payer.SLOWLY: (State.SUCCEEDED, None),
    Payer.FUMBLES: (State.FAILED, Reason.INSUFFICIENT),
    Payer.DECLINES: (State.FAILED, Reason.DECLINED),
}


class Payers:
    """`entries`: every movement that was opened at a system, by the intent it came from."""

    def __init__(self, chance: Random, systems: Systems, plan: Sequence[Wanted], wire: Wire, story: Story) -> None:
        self.entries: dict[int, list[str]] = {moved.number: [] for moved in movements(plan)}
        self._chance = chance
        self._systems = systems
        self._plan = {moved.amount: moved for moved in movements(plan)}
        self._wire = wire
        self._story = story
        systems.world.ledger.on_opened.append(self._opened)
        systems.world.ledger.on_settled.append(self._settled)

    def release(self) -> None:
        """The storm is over: what was stuck goes on."""
        self._systems.world.ledger.release()
        self._systems.world.events.tell("released")

    async def open_page(self, intent: Intent, text: str, *, leaves: bool = False) -> bool:
        """Whether the card had one. The payer types their number there, or goes away."""
        found = _PAGE.search(text)
        if found is None:
            return False
        operator = "MTN_MOMO_CMR" if intent.phone.startswith(("67", "650")) else "ORANGE_CMR"
        form = urlencode({"action": "cancel"} if leaves else {"provider": operator, "phone": intent.phone}).encode()
        typed = {"Content-Type": "application/x-www-form-urlencoded"}
        async with httpx.AsyncClient(transport=self._wire.quiet(), trust_env=False) as browser:
            await browser.post(found[0], content=form, headers=typed)
        return True

    async def send_tokens(self, intent: Intent) -> str:
        """The hash of what was sent to the newest deposit's address; empty where nothing was. Some send too little."""
        if not (ids := self.entries[intent.number]) or (intent.payer is Payer.SLEEPS and self._chance.random() < 0.2):
            return ""
        entry = self._systems.world.ledger.get(ids[-1])
        if entry is None:
            return ""
        tokens = "0.01" if intent.payer is Payer.DECLINES else entry.extra["tokens"]
        page = entry.extra["payment_url"]
        async with httpx.AsyncClient(transport=self._wire.quiet(), trust_env=False) as browser:
            await browser.post(page, data={"tokens": tokens})
            found = _HASH.search((await browser.get(page)).text)
        self._tell(f"the payer of {entry.id} ({intent.amount}) sends {tokens} tokens")
        return found[1] if found else ""

    def impoverish(self, sheet: Sheet) -> None:
        """The merchant's account, wherever the sheet may go, holds half of what it takes."""
        for account in self._systems.world.ledger.accounts.shown():
            if account.startswith(f"{sheet.via}/" if sheet.via else tuple(f"{system}/" for system in SYSTEMS)):
                self._systems.world.ledger.accounts.put(account, sheet.total // 2)
        self._tell(f"{sheet.via or 'every system'} holds {sheet.total // 2}")

    def _opened(self, entry: Entry) -> None:
        intent = self._plan.get(entry.amount)
        if intent is None:
            self._tell(f"{entry.system} opens {entry.id} for {entry.amount}, which nobody asked for")
            self.entries.setdefault(0, []).append(entry.id)
            return
        self.entries[intent.number].append(entry.id)
        self._tell(f"{entry.system} opens {entry.kind} {entry.id} ({entry.amount})")
        if entry.endpoint != "refund":
            self._play(intent.trick, entry)
        if entry.kind is Kind.COLLECTION:
            self._later(self._reaction(intent), self._answer, intent, entry)

    def _reaction(self, intent: Movement) -> float:
        slow = intent.payer is Payer.SLOWLY
        return self._chance.uniform(60, 115) if slow else self._chance.choice([0.1, self._chance.uniform(1, 30)])

    def _answer(self, intent: Movement, entry: Entry) -> None:
        if intent.payer is Payer.SLEEPS or entry.endpoint == "crypto":
            return
        self._tell(f"the payer of {entry.id} ({intent.amount}) {intent.payer}")
        world = self._systems.world
        if entry.endpoint == "bank":
            world.ledger.decide(entry, *_DECISIONS[intent.payer])
            world.events.tell("decided")
            return
        with contextlib.suppress(NoPrompt):
            if intent.payer is Payer.FUMBLES:
                with contextlib.suppress(WrongPin):
                    world.phones.approve(entry.msisdn, "0000", entry.id)
            if intent.payer is Payer.DECLINES:
                world.phones.decline(entry.msisdn, entry.id)
            else:
                world.phones.approve(entry.msisdn, world.settings.pin, entry.id)

    def _play(self, trick: Trick, entry: Entry) -> None:
        store = self._systems.world.store
        if trick is Trick.SHORT:
            half = entry.amount // 2
            told = {name: str(half) for name in ("amount", "minor") if name in entry.extra}
            extra = json.dumps({**entry.extra, **told})
            store.run("UPDATE entries SET amount = ?, moved = ?, extra = ? WHERE id = ?", (half, half, extra, entry.id))
        if trick is Trick.STUCK:
            store.run("UPDATE entries SET held = 1 WHERE id = ?", (entry.id,))
        if trick is not Trick.NONE:
            self._tell(f"{entry.system} {trick}: {entry.id} ({entry.amount})")

    def _settled(self, entry: Entry) -> None:
        self._tell(
            f"{entry.system} ends {entry.kind} {entry.id} ({entry.amount}) as {entry.state} {entry.reason or ''}"
        )
        intent = self._plan.get(entry.amount)
        if intent and intent.trick is Trick.TURN and entry.state is State.FAILED and entry.endpoint != "refund":
            self._later(self._chance.uniform(30, 1500), self._turn, entry)

    def _turn(self, entry: Entry) -> None:
        """An operator's late word: it was paid after all, and the system tells so."""
        world = self._systems.world
        turned = replace(entry, state=State.SUCCEEDED, reason=None)
        with world.store.change():
            world.store.run("UPDATE entries SET state = 'succeeded', reason = '' WHERE id = ?", (entry.id,))
            world.callbacks.owe(turned)
        world.events.tell("turned")
        self._tell(f"{entry.system} now says that {entry.id} ({entry.amount}) was paid")

    def _later(self, seconds: float, act: Callable[..., None], *what: object) -> None:
        asyncio.get_running_loop().call_later(seconds, act, *what)

    def _tell(self, what: str) -> None:
        self._story.tell(asyncio.get_running_loop().time(), "ledger", what)

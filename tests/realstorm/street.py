"""Everything that runs: PostgreSQL, the four systems, a local Telegram, and three instances of the program."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import Session

from bot import demo
from bot.demo.accounts import CAMPAY_TOKEN, CAMPAY_WEBHOOK_KEY, variables
from bot.demo.handle import LocalTelegram
from bot.demo.people import Chat, User
from bot.demo.programs import Program, clean_environment, free_port
from storage import people, policies
from storage.engine import Storage
from storage.models import Merchant, Policy, Role
from storage.people import HOUSE
from tests.postgres import Postgres
from tests.realstorm.proxy import proxy

AWA, GIL, FAY, CHI, BEN, EVE = range(720_001, 720_007)
OWNERS = (AWA, GIL, FAY)
PER_PERSON = 4_000
"""What each may send in a day."""
APPROVED_FROM = 900
_INSTANCES = 3
_SECRET = "a-secret-of-this-storm"
_TREE = Path(__file__).parents[2]
_NAMES = {AWA: "Awa", GIL: "Gil", FAY: "Fay", CHI: "Chi", BEN: "Ben", EVE: "Eve"}
_ROLES = {CHI: Role.APPROVER, BEN: Role.CASHIER, EVE: Role.CASHIER}
_OURS: tuple[str, ...] = (
    "CAMPAY_",
    "KPAY_",
    "NKAPSMART_",
    "SAURIPAY_",
    "TELEGRAM_",
    "GUICHET_",
    "OWNER_IDS",
    "ADMIN_",
    "DATABASE_URL",
)
_OURS += ("PUBLIC_URL", "LISTEN", "BOT_MODE", "PREFER", "DEFAULT_LANGUAGE", "TIMEZONE", "LOG_LEVEL")


class Mode(StrEnum):
    POLLING = "polling"
    WEBHOOK = "webhook"


@dataclass
class Street:
    telegram: LocalTelegram
    postgres: Postgres
    books: Storage
    box: Program
    box_url: str
    instances: list[Program]
    people: dict[int, User]
    group: Chat | None
    quiet: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(trust_env=False, timeout=20))

    async def control(self, method: str, call: str, **body: Any) -> Any:
        answer = await self.quiet.request(method, f"{self.box_url}/control/{call}", json=body or None)
        return answer.json()

    async def start(self, instance: Program) -> None:
        """As a supervisor does: one that ended at its start, because the database was away, is started again."""
        while True:
            if not instance.running:
                await instance.start()
            with contextlib.suppress(httpx.HTTPError):
                await self.quiet.get(f"http://{instance.env['LISTEN']}/health")
                return
            await asyncio.sleep(0.2)


@asynccontextmanager
async def street(folder: Path, postgres: Postgres, *, group: bool, mode: Mode) -> AsyncIterator[Street]:
    """`group`: what happens is told there too, as slowly as Telegram allows."""
    box_url, front, *webs = (f"http://127.0.0.1:{free_port()}" for _ in range(2 + _INSTANCES))
    clean = clean_environment(_OURS)
    clean["PYTHONPATH"] = str(_TREE)
    if clean.pop("PYTHONDONTWRITEBYTECODE", ""):  # or each start would compile everything anew
        clean["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / "realstorm-bytecode")
    url = postgres.new_database()
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(demo.serve())
        persons = {one: telegram.add_user(name, "en", one) for one, name in _NAMES.items()}
        for person in persons.values():
            telegram.world.users[person.id].started = True
        counter = telegram.add_group("Counter", list(persons.values())) if group else None
        if mode is Mode.WEBHOOK:
            await stack.enter_async_context(proxy(int(front.rpartition(":")[2]), webs))
        fronts = [front if mode is Mode.WEBHOOK else web for web in webs]
        instances = []
        for number, (web, public) in enumerate(zip(webs, fronts, strict=True), 1):
            home = folder / f"instance-{number}"
            home.mkdir()
            env = _environment(telegram, url, box_url, public, counter)
            env |= {"LISTEN": web.removeprefix("http://"), "BOT_MODE": mode, "TELEGRAM_WEBHOOK_SECRET": _SECRET}
            instances.append(Program(["bot", "run"], clean | env, home))
        box = Program(_sandbox(box_url, fronts), clean, folder, f"{box_url}/control/state", talkative=True)
        place = Street(telegram, postgres, Storage(url), box, box_url, instances, persons, counter)
        stack.push_async_callback(place.quiet.aclose)
        stack.callback(place.books.engine.dispose)
        for program in (box, *instances):
            stack.push_async_callback(program.kill)
        await box.start()
        await asyncio.gather(*(place.start(instance) for instance in instances))
        await asyncio.to_thread(place.books.transact, _found)
        yield place


def _environment(telegram: LocalTelegram, url: str, box_url: str, public: str, group: Chat | None) -> dict[str, str]:
    return {
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.url,
        "OWNER_IDS": ",".join(map(str, OWNERS)),
        **({"ADMIN_CHAT_ID": str(group.id)} if group else {}),
        "DATABASE_URL": url,
        "DEFAULT_LANGUAGE": "en",
        "GUICHET_SECRET_KEY": "a-sealing-key-for-this-storm-0123456789",
        **variables(box_url, public),
        "PUBLIC_URL": public,
    }


def _sandbox(box_url: str, fronts: list[str]) -> list[str]:
    """Each system tells another instance how things ended: when that one is dead, nobody hears it. With a proxy one
    of the others does.
    """
    return [
        "providers.sandbox",
        *("--port", box_url.rpartition(":")[2]),
        *("--ledger", "sandbox.db"),
        *("--token", CAMPAY_TOKEN),
        *("--webhook-key", CAMPAY_WEBHOOK_KEY),
        *("--callback-url", f"{fronts[0]}/callbacks/campay"),
        *("--kpay-callback-url", f"{fronts[1]}/callbacks/kpay"),
        *("--nkapsmart-callback-url", f"{fronts[2]}/callbacks/nkapsmart?token=heard-by-nobody-else"),
        *("--test-numbers", "ask"),
        *("--demo-limit", "0"),
        *("--payout-delay", "0.5"),
        "--local-redirects",
    ]


def _found(session: Session) -> None:
    house = session.get_one(Merchant, HOUSE)
    house.first_payee = "free"
    session.add(house)
    for person, role in _ROLES.items():
        people.acquaint(session, person, _NAMES[person], "en", now=house.created_at)
        people.enrol(session, HOUSE, person, role, now=house.created_at)
    policies.save(
        session,
        Policy(merchant_id=HOUSE, currency="XAF", approval_from=APPROVED_FROM, cashier_from=1, per_person=PER_PERSON),
    )

"""python -m tests.bench.street: a Telegram and a payment system that take their time and do nothing else.

Every chat of a run says its next line once the last one's errand is done; so as many errands are in flight as there
are chats. Prints its port. The bench speaks to /run, the bot to /bot<token>/<method> and anything else is the system's
"""

import asyncio
import json
import re
import sys
import time
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import aiohttp

from tests.bench.wire import serve

FIRST_PERSON = 900_001
HOOK_SECRET = "bench-bench-bench-bench-bench-0123456789"
_CHAT = re.compile(rb'chat_id(?:=|":\s*"?)(\d+)')
_ME = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
_POLL = 1.0


def people(in_flight: int) -> range:
    return range(FIRST_PERSON, FIRST_PERSON + in_flight)


class Street:
    def __init__(self, telegram: float, system: float) -> None:
        """Seconds that a call takes."""
        self._telegram = telegram
        self._system = system
        self._owed: list[dict[str, Any]] = []
        self._news = asyncio.Event()
        self._numbers = count(1)
        self._line = ""
        self._tap = False
        self._ends = b""
        self._left = 0
        self._open = 0
        self._looked: set[str] = set()
        self._payers: dict[str, int] = {}
        """Who asked for money from which phone, and then under which reference."""
        self._settled: set[str] = set()
        self._awaited: dict[int, asyncio.Future[float]] = {}
        self._hooks: list[str] = []
        self._turns = count()
        self._bringing: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._hook = ""
        self._over: asyncio.Future[float] | None = None

    async def handle(self, path: str, body: bytes) -> bytes:
        if path == "/run":
            return await self._run(json.loads(body))
        if path == "/call":
            return await self._call_all(json.loads(body))
        if path == "/looked":
            return str(len(self._looked)).encode()
        if path.startswith("/bot"):
            return await self._method(path.partition("?")[0].rpartition("/")[2], body)
        return await self._pay(path, body)

    async def _run(self, how: dict[str, Any]) -> bytes:
        """`line` is said `lines` times, by so many persons; `tap`: the first button of the answer is tapped, and the
        errand is done when a message is edited to hold `ends`. `{phone}` in the line is another each time. `hooks`:
        what is said is brought to these, in turns.
        """
        self._hooks = how.get("hooks", [])
        self._line, self._tap, self._ends = how["line"], how.get("tap", False), how.get("ends", "").encode()
        self._left = self._open = how["lines"]
        self._over = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        for person in people(how["in_flight"]):
            self._say(person)
        ended = await self._over
        return json.dumps({"seconds": ended - began}).encode()

    def _say(self, person: int) -> None:
        if self._left:
            self._left -= 1
            phone = f"67{next(self._numbers):07}"
            self._payers[f"237{phone}"] = person
            line = self._line.replace("{phone}", phone)
            self._owe(person, "message", self._message(person, line))

    def _owe(self, person: int, kind: str, said: dict[str, Any]) -> None:
        update = {"update_id": next(self._numbers), kind: said}
        if self._hooks:
            task = asyncio.create_task(self._bring(update))
            self._bringing.add(task)
            task.add_done_callback(self._bringing.discard)
            return
        self._owed.append(update)
        self._news.set()

    async def _bring(self, update: dict[str, Any]) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers={"X-Telegram-Bot-Api-Secret-Token": HOOK_SECRET})
        hook = self._hooks[next(self._turns) % len(self._hooks)]
        async with self._session.post(hook, json=update) as answer:
            answer.raise_for_status()

    def _message(self, person: int, text: str, *, ours: bool = True) -> dict[str, Any]:
        sender = {"id": person, "is_bot": False, "first_name": "Awa", "language_code": "en"} if ours else _ME
        chat = {"id": person, "type": "private", "first_name": "Awa"}
        told = {"message_id": next(self._numbers), "from": sender, "chat": chat, "date": int(time.time()), "text": text}
        if text.startswith("/") and ours:
            told["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        return told

    async def _method(self, method: str, body: bytes) -> bytes:
        if method == "getUpdates":
            return await self._updates()
        await asyncio.sleep(self._telegram)
        if method == "getMe":
            return _result(_ME)
        if method == "getWebhookInfo":
            return _result({"url": self._hook, "has_custom_certificate": False, "pending_update_count": 0})
        if method == "setWebhook":
            self._hook = parse_qs(body.decode())["url"][0]
        chat = _CHAT.search(body)
        if method == "sendMessage" and chat:
            return self._sent(int(chat[1]), body)
        if method == "editMessageText" and chat:
            return self._edited(int(chat[1]), body)
        return _result(True)

    async def _updates(self) -> bytes:
        await asyncio.sleep(self._telegram)
        if not self._owed:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), _POLL)
            except TimeoutError:
                return _result([])
        told, self._owed = self._owed[:100], self._owed[100:]
        return _result(told)

    def _sent(self, person: int, body: bytes) -> bytes:
        shown = self._message(person, "card", ours=False)
        if not self._tap:
            self._done(person)
        elif data := _button(body):
            sender = {"id": person, "is_bot": False, "first_name": "Awa", "language_code": "en"}
            tap = {"id": str(next(self._numbers)), "from": sender, "message": shown, "chat_instance": "1", "data": data}
            self._owe(person, "callback_query", tap)
        return _result(shown)

    async def _call_all(self, how: dict[str, Any]) -> bytes:
        """Each payment settles, `rate` a second, and its system calls `hook` back. Seconds from the call until the
        payment's card is edited, of each.
        """
        calls = []
        async with aiohttp.ClientSession() as session:
            for reference in [one for one in self._payers if one.startswith("bench")]:
                hook = f"{how['hook']}&reference={reference}&external_reference=&status=SUCCESSFUL"
                calls.append(asyncio.create_task(self._call(session, hook, reference)))
                await asyncio.sleep(1 / how["rate"])
            return json.dumps(await asyncio.gather(*calls)).encode()

    async def _call(self, session: aiohttp.ClientSession, hook: str, reference: str) -> float:
        self._settled.add(reference)
        edited = self._awaited[self._payers[reference]] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        async with session.get(hook) as answer:
            answer.raise_for_status()
        ended: float = await asyncio.wait_for(edited, 60)
        return ended - began

    def _edited(self, person: int, body: bytes) -> bytes:
        if awaited := self._awaited.pop(person, None):
            awaited.set_result(time.perf_counter())
        if self._tap and self._ends in body:
            self._done(person)
        return _result(self._message(person, "card", ours=False))

    def _done(self, person: int) -> None:
        self._open -= 1
        if self._open <= 0 and self._over and not self._over.done():
            self._over.set_result(time.perf_counter())
        self._say(person)

    async def _pay(self, path: str, body: bytes) -> bytes:
        """CamPay, as far as a collection and a look at it need it."""
        await asyncio.sleep(self._system)
        if path.endswith("/collect/"):
            told = {"reference": f"bench-{next(self._numbers)}", "ussd_code": "*126#", "operator": "mtn"}
            self._payers[told["reference"]] = self._payers.get(json.loads(body)["from"], 0)
        elif "/transaction/" in path:
            reference = path.rstrip("/").rpartition("/")[2]
            if reference.startswith("bench"):
                self._looked.add(reference)
            status = "SUCCESSFUL" if reference in self._settled else "PENDING"
            told = {"reference": reference, "status": status, "amount": "5000", "currency": "XAF", "operator": "MTN"}
        else:
            told = {}
        return json.dumps(told).encode()


def _button(body: bytes) -> str:
    """The data of the first button."""
    markup = parse_qs(body.decode()).get("reply_markup")
    rows = json.loads(markup[0]).get("inline_keyboard", []) if markup else []
    return str(rows[0][0]["callback_data"]) if rows else ""


def _result(value: Any) -> bytes:
    return json.dumps({"ok": True, "result": value}).encode()


async def _main(telegram: float, system: float) -> None:
    print(await serve(Street(telegram, system).handle), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1]), float(sys.argv[2])))

"""Whatever a system's address is sent, signed or not: a hint at most, never a payment and never its end."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.payments.accounts import Accounts
from bot.payments.callbacks import Callbacks
from providers import discover
from providers.errors import BadCallback
from providers.messages import CallbackRequest
from providers.unipesa.signature import sign
from storage.people import HOUSE
from storage.states import State
from tests.books import OTHER_MERCHANT, enter, open_books, shut
from tests.databases import Hand, address_of
from tests.fuzz.amount import examples
from tests.fuzz.words import SIGNS
from tests.providers.samples import KEY, NOW, campay, kpay, nkapsmart, samples, sauripay

REFERENCES = {
    "campay": campay.REFERENCE,
    "kpay": kpay.PAYMENT,
    "nkapsmart": nkapsmart.REFERENCE,
    "sauripay": str(KEY),
}
Fields = Mapping[str, Any]


def _campay(fields: Fields) -> CallbackRequest:
    signed = {**fields, "signature": campay.signature()}
    return CallbackRequest("POST", {}, {}, json.dumps(signed).encode())


def _kpay(fields: Fields) -> CallbackRequest:
    return kpay.told(json.dumps(fields).encode())


def _nkapsmart(fields: Fields) -> CallbackRequest:
    return nkapsmart.callback(nkapsmart.CALLBACK_TOKEN, json.dumps(fields).encode())


def _sauripay(fields: Fields) -> CallbackRequest:
    try:
        signature = sign(json.dumps(fields).encode(), sauripay.SECRET)
    except ValueError:
        signature = "unsignable"
    return sauripay.told(json.dumps({**fields, "signature": signature}).encode())


SIGNED: dict[str, tuple[Callable[[Fields], CallbackRequest], Fields]] = {
    "campay": (_campay, campay.record("SUCCESSFUL")),
    "kpay": (_kpay, json.loads(kpay.webhook())),
    "nkapsmart": (_nkapsmart, nkapsmart.record("SUCCESS")),
    "sauripay": (_sauripay, json.loads(sauripay.callback().body)),
}


@dataclass
class Door:
    books: Hand
    callbacks: Callbacks
    runner: asyncio.Runner

    def knock(self, name: str, request: CallbackRequest) -> bool:
        """Whether it was taken; anything but BadCallback is a fault."""
        try:
            return self.runner.run(self.callbacks.receive(HOUSE, name, request))
        except BadCallback:
            return False

    def begin(self, name: str, state: State) -> None:
        """The system's own payment in this state again, and nobody called back yet."""
        self.books.rows("DELETE FROM inbound")
        self.books.rows(
            "UPDATE payment SET state = ?, due_at = NULL, reason = '', detail = '', version = 0 WHERE id = ?",
            state.value,
            f"OURS{name}",
        )

    def payments(self) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in self.books.rows("SELECT * FROM payment")}

    def kept(self) -> list[str]:
        """The payments that callbacks were kept for."""
        return [row["payment_id"] for row in self.books.rows("SELECT payment_id FROM inbound")]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Our payment at each system, and another merchant's under the same reference."""
    memory = Path("/dev/shm")  # noqa: S108 - the code path of a file, without the disk's waits
    folder = tmp_path_factory.mktemp("fuzz") if not memory.is_dir() else memory / f"fuzz-{id(tmp_path_factory)}"
    folder.mkdir(exist_ok=True)
    storage = open_books(folder)
    opened = []
    with asyncio.Runner() as runner:
        for name in SIGNED:
            system = discover()[name]
            env = {f"{name.upper()}_{key}": value for key, value in samples(name).env.items()}
            account = system.Settings.read(name, {**env, f"{name.upper()}_BASE_URL": "http://127.0.0.1:9"})
            assert account
            opened.append(system.open(account, None, lambda: NOW))
            amount = 500 if name in {"nkapsmart", "sauripay"} else 5000
            rest: dict[str, Any] = {"provider": name, "reference": REFERENCES[name], "amount": amount}
            enter(storage, id=f"OURS{name}", intent=f"ours:{name}", **rest)
            enter(storage, id=f"THEIRS{name}", intent=f"theirs:{name}", merchant_id=OTHER_MERCHANT, **rest)
        accounts = Accounts({HOUSE: opened})
        with closing(Hand(address_of(storage))) as books:
            yield Door(books, Callbacks(storage, accounts, lambda: NOW, lambda: None), runner)
        runner.run(accounts.close())
    shut(storage)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


names = st.sampled_from(sorted(SIGNED))
states = st.sampled_from(sorted(State))
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(10**18, 10**40),
        st.floats(),
        st.text(SIGNS, max_size=30),
        st.sampled_from(
            ["5000", "-5000", "500.00", "1e400", "NaN", "XAF", "SUCCESSFUL", "FAILED", "2", "\0", "x" * 9000]
        ),
        st.sampled_from([*REFERENCES.values(), "THEIRScampay"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(SIGNS, max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def signed(draw: st.DrawFn) -> tuple[str, CallbackRequest]:
    """With the system's true signature over fields that were changed, left out or added."""
    name = draw(names)
    seal, genuine = SIGNED[name]
    fields = dict(genuine)
    for key in draw(st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True)):
        fields[key] = draw(values)
    for key in draw(st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True)):
        del fields[key]
    fields |= draw(st.dictionaries(st.text(SIGNS, max_size=8), values, max_size=2))
    return name, seal(fields)


@st.composite
def unsigned(draw: st.DrawFn) -> tuple[str, CallbackRequest]:
    """Bytes, JSON, or a true one that was cut off or has other words around it."""
    name = draw(names)
    genuine = samples(name).callbacks
    assert genuine
    true = draw(st.sampled_from(list(genuine("SUCCESS"))))
    words = st.dictionaries(st.text(SIGNS, max_size=12), st.text(SIGNS, max_size=30), max_size=4)
    bodies = st.one_of(
        st.binary(max_size=200),
        values.map(lambda value: json.dumps(value).encode()),
        st.integers(0, max(0, len(true.body) - 1)).map(lambda at: true.body[:at]),
        st.just(b"[" * 5000),
        st.just(b'{"signature":' * 3000),
    )
    headers = draw(st.one_of(words, st.just(dict(true.headers))))
    query = draw(st.one_of(words, st.just({key: draw(st.text(SIGNS, max_size=40)) for key in true.query})))
    return name, CallbackRequest(draw(st.sampled_from(["GET", "POST"])), headers, query, draw(bodies))


def check(door: Door, name: str, request: CallbackRequest, state: State, *, believed: bool) -> None:
    door.begin(name, state)
    before = door.payments()
    with capture_logs() as logs:
        taken = door.knock(name, request)
    after = door.payments()
    assert after.keys() == before.keys()
    assert len(door.kept()) <= taken
    for one, payment in after.items():
        if not believed or one != f"OURS{name}":
            assert payment == before[one]
        assert payment["state"] in {before[one]["state"], State.REVIEW}
    loud = {one["event"] for one in logs if one["log_level"] == "error"}
    assert loud <= {"a callback disagrees with its payment"}


@settings(max_examples=examples(400))
@given(signed(), states)
def test_what_is_signed_is_a_hint_or_a_quarrel_for_a_person(
    door: Door, told: tuple[str, CallbackRequest], state: State
) -> None:
    check(door, *told, state, believed=True)


@settings(max_examples=examples(400))
@given(unsigned(), states)
def test_what_is_not_signed_leaves_no_trace(door: Door, told: tuple[str, CallbackRequest], state: State) -> None:
    name, request = told
    check(door, name, request, state, believed=False)
    assert door.kept() == []


def test_the_door_is_open_for_true_ones(door: Door) -> None:
    """Or the tests above would prove nothing."""
    for name in SIGNED:
        door.begin(name, State.PENDING)
        genuine = samples(name).callbacks
        assert genuine
        assert door.knock(name, genuine("SUCCESS")[0])
        assert door.payments()[f"OURS{name}"]["due_at"]
        seal, fields = SIGNED[name]
        door.begin(name, State.PENDING)
        assert door.knock(name, seal(fields))
        assert door.kept() == [f"OURS{name}"]

"""A merchant's own accounts over the wire: keys that nobody sees, and payments that go over them alone."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pyotp
import pytest
from sqlmodel import Session

from bot.demo.messages import Message
from bot.demo.people import Chat, User
from bot.demo.programs import free_port
from providers import sandbox
from storage import accounts, deeds, factors, people, sealing
from storage.models import Merchant, Role
from storage.sealing import Sealer
from tests.databases import dump
from tests.shop import PATIENCE, SEALING_KEY, Shop, shop, until

EFUA, KOFI = 710_031, 710_032
SHOP = 2
SECRET = "JBSWY3DPEHPK3PXP" * 2  # an authenticator's
WRONG = "0badf00d" * 5


@dataclass
class Branch:
    """The house, and a second merchant with an owner of its own and no account yet; `box` is its CamPay."""

    counter: Shop
    box: sandbox.Sandbox
    efua: User
    typed: list[str] = field(default_factory=list)

    @property
    def chat(self) -> Chat:
        return self.counter.telegram.private(self.efua)

    @property
    def token(self) -> str:
        return self.box.settings.campay.token

    async def ask(self, text: str) -> Message:
        said = self.counter.say(text, self.efua, self.chat)
        return await self.counter.telegram.wait_for(self.chat, lambda _: True, PATIENCE, said)

    async def hears(self, words: str, after: Message | None = None) -> Message:
        return await self.counter.telegram.wait_for(self.chat, words, PATIENCE, after)

    async def tap(self, message: Message, button: str) -> str:
        return (await self.counter.telegram.tap(self.efua, message, button, timeout=PATIENCE)).text

    async def type_key(self, key: str) -> Message:
        self.typed.append(key)
        return self.counter.say(key, self.efua, self.chat)

    async def connect(self, key: str = "") -> Message:
        await self.tap(await self.ask("/connect"), "Connect CamPay")
        await self.hears("Permanent access token")
        said = await self.type_key(key or self.token)
        await self.hears("App webhook key", said)
        said = await self.type_key(self.box.settings.campay.webhook_key)
        return await self.hears("connected", said)

    def everything_said(self) -> str:
        telegram = self.counter.telegram
        return "\n".join(message.text for message in telegram.messages(self.chat))

    def dump(self) -> str:
        return dump(self.counter.app.storage)


def found(session: Session) -> None:
    session.add(
        Merchant(
            id=SHOP,
            name="Chez Efua",
            country="CM",
            timezone="Africa/Douala",
            language="en",
            created_at=session.get_one(Merchant, people.HOUSE).created_at,
        )
    )
    for person, name in ((EFUA, "Efua"), (KOFI, "Kofi")):
        people.acquaint(session, person, name, now=session.get_one(Merchant, people.HOUSE).created_at)
        people.enrol(session, SHOP, person, Role.OWNER, now=session.get_one(Merchant, people.HOUSE).created_at)


@pytest.fixture
async def branch(tmp_path: Path) -> AsyncIterator[Branch]:
    """The operator's environment says where CamPay is; the house has no account."""
    settings = sandbox.Settings.instant(test_numbers="ask")
    async with shop(tmp_path, accounts=False) as counter, sandbox.serve(settings) as box:
        await counter.close()
        here = f"127.0.0.1:{free_port()}"
        counter.env |= {"CAMPAY_BASE_URL": box.url, "PUBLIC_URL": f"http://{here}", "LISTEN": here}
        await counter.open()
        efua = counter.telegram.add_user("Efua", "en", EFUA)
        counter.telegram.start(counter.telegram.add_user("Kofi", "en", KOFI))
        await counter.app.storage.run(found)
        yield Branch(counter, box, efua)


async def test_a_merchant_connects_its_own_account_and_is_paid_over_it(
    branch: Branch, capfd: pytest.CaptureFixture[str]
) -> None:
    counter = branch.counter
    assert "No payment account" in (await branch.ask("/request 20 677777777")).text
    board = await branch.ask("/connect")
    assert "The accounts of Chez Efua" in board.text
    assert {b.data for b in board.buttons} == {f"connect:{name}@{SHOP}" for name in ("campay", "kpay", "nkapsmart")}
    # Nobody told where SauriPay is.

    await branch.tap(board, "Connect CamPay")
    question = await branch.hears("Permanent access token")
    assert "I delete your message at once" in question.text
    assert not question.buttons
    said = await branch.type_key("not a key")
    await branch.hears("not written as CamPay writes it", said)
    said = await branch.type_key(WRONG)
    optional = await branch.hears("App webhook key", said)
    await branch.tap(optional, "That is all")
    refused = await branch.hears("CamPay refuses these keys. Nothing was kept", optional)
    assert await counter.app.storage.run(accounts.of, SHOP) == []

    await branch.hears("Permanent access token", refused)
    said = await branch.type_key(branch.token)
    await branch.hears("App webhook key", said)
    [form] = [line for line in branch.dump().splitlines() if line.startswith("form: ")]
    assert branch.token not in form
    said = await branch.type_key(branch.box.settings.campay.webhook_key)
    kept = await branch.hears("The account is connected", said)
    assert "the keys are good" in kept.text
    assert branch.box.ledger.entries() == []
    [row] = await counter.app.storage.run(accounts.of, SHOP)
    assert f"{counter.env['PUBLIC_URL']}/callbacks/campay/{row.path}" in kept.text

    branch.box.settings.campay.callback_url = f"{counter.env['PUBLIC_URL']}/callbacks/campay/{row.path}"
    said = counter.say("/request 20 677777777 shoes", branch.efua, branch.chat)
    card = await counter.telegram.wait_for(branch.chat, lambda message: bool(message.buttons), PATIENCE, said)
    await branch.tap(card, "Ask")
    await until(lambda: bool(branch.box.phones.prompts("237677777777")))
    branch.box.phones.approve("237677777777", "1234")
    await counter.shows(card, "Paid")
    await until(lambda: "inbound: (1, 2, 'campay'" in branch.dump())

    logged = "".join(capfd.readouterr())
    dump, chat = branch.dump(), branch.everything_said()
    for key in branch.typed:
        assert key not in chat
        assert key not in logged
        assert key not in dump or key == "not a key"
    assert len(counter.telegram.called("deleteMessage")) == len(branch.typed)
    await counter.telegram.wait_for(
        counter.telegram.private(counter.telegram.world.users[KOFI]), "connected the shop’s own CamPay", PATIENCE
    )


async def test_the_house_and_strangers_have_no_way_into_anothers_account(branch: Branch) -> None:
    await branch.connect()
    [row] = await branch.counter.app.storage.run(accounts.of, SHOP)
    assert "No payment account" in (await branch.counter.ask("/request 20 677777777")).text
    base = branch.counter.env["PUBLIC_URL"]
    async with httpx.AsyncClient(timeout=30) as client:
        for path in ("/callbacks/campay", f"/callbacks/kpay/{row.path}", f"/callbacks/campay/{row.path}x"):
            assert (await client.get(base + path)).status_code == 404
        forged = {"status": "SUCCESSFUL", "reference": "x", "signature": "x"}
        assert (await client.get(f"{base}/callbacks/campay/{row.path}", params=forged)).status_code == 400
    said = branch.counter.say("/connect", chat=branch.counter.group)
    answer = await branch.counter.telegram.wait_for(branch.counter.group, lambda _: True, PATIENCE, said)
    assert "in private" in answer.text


async def test_a_message_that_may_not_be_deleted_is_told(branch: Branch) -> None:
    await branch.tap(await branch.ask("/connect"), "Connect CamPay")
    await branch.hears("Permanent access token")
    branch.counter.telegram.faults.lose_request("deleteMessage")
    said = await branch.type_key(branch.token)
    await branch.hears("Delete it yourself now", said)
    await branch.hears("App webhook key", said)


async def test_a_system_that_does_not_answer_keeps_nothing_and_is_tried_again(branch: Branch) -> None:
    await branch.tap(await branch.ask("/connect"), "Connect CamPay")
    await branch.hears("Permanent access token")
    said = await branch.type_key(branch.token)
    optional = await branch.hears("App webhook key", said)
    branch.box.faults.order("status", "/api/balance", status=503)
    await branch.tap(optional, "Leave out")
    silent = await branch.hears("does not answer now", optional)
    assert await branch.counter.app.storage.run(accounts.of, SHOP) == []
    branch.box.faults.clear()
    await branch.tap(silent, "Test")
    await branch.hears("The account is connected", silent)


async def test_keys_are_replaced_and_another_instance_follows_within_seconds(branch: Branch) -> None:
    await branch.connect()
    app = branch.counter.app
    first = app.accounts.of(SHOP)[0]
    [before] = await app.storage.run(accounts.of, SHOP)

    def rotate_elsewhere(session: Session) -> None:
        row = accounts.get(session, SHOP, "campay")
        assert row
        row.settings = Sealer([SEALING_KEY]).seal(json.dumps({"token": branch.token}))
        row.version += 1
        session.add(row)

    await app.storage.run(rotate_elsewhere)
    await until(lambda: app.accounts.of(SHOP)[0] is not first)
    assert app.accounts.of(SHOP)[0].settings.webhook_key is None
    [after] = await app.storage.run(accounts.of, SHOP)
    assert after.path == before.path


async def test_what_was_disconnected_takes_nothing_new_and_its_open_payment_still_ends(branch: Branch) -> None:
    counter = branch.counter
    await branch.connect()
    said = counter.say("/request 20 677777777 shoes", branch.efua, branch.chat)
    card = await counter.telegram.wait_for(branch.chat, lambda message: bool(message.buttons), PATIENCE, said)
    await branch.tap(card, "Ask")
    await until(lambda: bool(branch.box.phones.prompts("237677777777")))
    await counter.shows(card, "PIN")
    board = await branch.ask("/connect")
    await branch.tap(board, "CamPay")
    await counter.shows(board, "connected on")
    await branch.tap(board, "Disconnect")
    await counter.shows(board, "Disconnect CamPay?")
    assert "(1)" in board.text
    await branch.tap(board, "Yes, disconnect")
    await branch.hears("still asked about: 1", board)
    assert "No payment account" in (await branch.ask("/request 30 677777777")).text
    branch.box.phones.approve("237677777777", "1234")
    await counter.shows(card, "Paid")

    async def gone() -> bool:
        return not await counter.app.storage.run(accounts.of, SHOP)

    for _ in range(300):
        if await gone():
            break
        await counter.telegram.settled(quiet=0.1, timeout=PATIENCE)
    assert await gone()
    assert counter.app.accounts.get(SHOP, "campay") is None
    told = [one.what for one in await counter.app.storage.run(deeds.recent, SHOP)]
    assert told[:2] == ["disconnected", "connected"]


async def test_the_environments_account_is_shown_and_not_changed(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        board = await counter.ask("/connect")
        assert "CamPay · set by the operator" in board.text
        assert "connect:campay" not in {button.data for button in board.buttons}
        world = counter.telegram.world
        for verb in ("connect", "account", "disconnect", "disconnected", "try"):
            answer = await counter.telegram.answered(world.tap(counter.owner, board, f"{verb}:campay"), PATIENCE)
            assert "operator" in answer.text or "no such account" in answer.text


async def test_a_rotation_of_the_sealing_key_takes_the_accounts_along(branch: Branch) -> None:
    await branch.connect()
    storage = branch.counter.app.storage
    new = "another-sealing-key-for-tests-987654321"
    await storage.run(sealing.reseal, Sealer([new, SEALING_KEY]))
    [row] = await storage.run(accounts.of, SHOP)
    assert json.loads(Sealer([new]).open(row.settings))["token"] == branch.token


async def test_an_owner_with_a_second_factor_proves_it_before_keys_are_asked_for(branch: Branch) -> None:
    counter = branch.counter

    def enrol(session: Session) -> None:
        factors.enrol(session, EFUA, counter.app.sealer.seal(SECRET), 0)

    await counter.app.storage.run(enrol)
    await branch.tap(await branch.ask("/connect"), "Connect CamPay")
    asked = await branch.hears("Touching an account needs your code")
    assert "Permanent access token" not in branch.everything_said()
    said = await branch.type_key(pyotp.TOTP(SECRET).at(counter.watch()))
    await branch.hears("Permanent access token", said)
    assert asked.text
    said = await branch.type_key(branch.token)
    optional = await branch.hears("App webhook key", said)
    await branch.tap(optional, "That is all")
    await branch.hears("The account is connected", optional)
    page = await branch.ask("/connect")
    forged = counter.telegram.world.tap(branch.efua, page, "disconnected:campay")
    await counter.telegram.answered(forged, PATIENCE)
    await branch.hears("Touching an account needs your code", page)
    [row] = await counter.app.storage.run(accounts.of, SHOP)
    assert row.closed_at is None

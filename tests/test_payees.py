"""Saved payees over HTTP: who may change them, and that the owners hear of each change, since a number is money."""

from pathlib import Path

from bot.demo.messages import Message
from bot.demo.people import User
from storage.models import Role
from tests.shop import PATIENCE, Shop, shop
from tests.staff import ask_as, hire

APPROVER, CASHIER = 710_031, 710_032


async def tap(counter: Shop, user: User, message: Message, data: str, shows: str) -> None:
    await counter.telegram.tap(user, message, data, timeout=PATIENCE)
    await counter.shows(message, shows)


async def owner_hears(counter: Shop, words: str) -> str:
    letter = await counter.telegram.wait_for(counter.chat, words, PATIENCE)
    return letter.text.replace("\u00a0", " ")


async def test_a_payee_is_renamed_and_removed_by_another_and_the_owner_hears_of_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        bola = await hire(counter, APPROVER, Role.APPROVER)
        theirs = counter.telegram.private(bola)
        await ask_as(counter, bola, "/payees add Paul 677777777")
        assert f"({APPROVER})" in await owner_hears(counter, "saved a payee: Paul · +237 6 77 77 77 77")
        screen = await ask_as(counter, bola, "/payees Paul")
        await counter.telegram.tap(bola, screen, "Rename", timeout=PATIENCE)
        question = await counter.telegram.wait_for(theirs, lambda _: True, PATIENCE, screen)
        assert "name" in question.text
        await ask_as(counter, bola, "Paul Mbarga")
        assert "Now: Paul Mbarga" in await owner_hears(counter, "renamed a payee. Before: Paul ·")

        screen = await ask_as(counter, bola, "/payees Paul")
        assert "Paul Mbarga" in screen.text
        late = await ask_as(counter, bola, "/payees Paul")
        await tap(counter, bola, screen, "Remove", "Remove")
        await tap(counter, bola, screen, "payeeremoved:1", "No")
        await owner_hears(counter, "removed a payee: Paul Mbarga · +237 6 77 77 77 77")
        gone = await counter.telegram.tap(bola, late, "Rename", timeout=PATIENCE)
        assert gone.show_alert
        assert counter.cards() == []


async def test_a_name_and_a_number_may_come_one_after_the_other_and_another_order_is_neither(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        screen = await counter.ask("/payees")
        await counter.telegram.tap(counter.owner, screen, "Add", timeout=PATIENCE)
        await counter.telegram.wait_for(counter.chat, "Type the name and the number", PATIENCE, screen)
        assert "number of Paul" in (await counter.ask("Paul")).text
        assert "Payout · 20" in (await counter.card("send 20 to 677777777")).text
        assert "4 words" in (await counter.ask("/payees add " + "z" * 4000)).text
        assert "number of Paul" in (await counter.ask("/payees add Paul")).text
        assert "Paul" in (await counter.ask("677777777")).text
        assert "+237 6 77 77 77 77" in (await counter.card("/payout 300 to Paul for the taxi")).text
        assert "For: the taxi" in counter.telegram.last(counter.chat).text


async def test_a_cashier_sees_payees_and_changes_none_even_by_a_made_up_button(tmp_path: Path) -> None:
    async with shop(tmp_path) as counter:
        await counter.ask("/payees add Paul 677777777")
        chi = await hire(counter, CASHIER, Role.CASHIER)
        screen = await ask_as(counter, chi, "/payees Paul")
        assert screen.button("Rename") is None
        for data in ("payeename:1", "payeephone:1", "payeeremoved:1"):
            made_up = counter.telegram.world.tap(chi, screen, data)
            assert (await counter.telegram.answered(made_up, PATIENCE)).show_alert
        assert "Paul" in (await ask_as(counter, chi, "/payees Paul")).text

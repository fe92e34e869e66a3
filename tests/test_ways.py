"""Money by other ways than a phone's PIN: links to scan, the merchant's own wallets, blockchains."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.demo.accounts import TRON_WALLET, variables
from bot.demo.messages import Message
from bot.ui.pictures import scannable, stamped
from providers import sandbox
from storage.states import State
from tests.shop import PATIENCE, Shop, shop

LIFE = 60
EVM = "0x8D3924E65Bc039A5C1D5c9646566abac2fE71044"


@asynccontextmanager
async def opened(folder: Path, **env: str) -> AsyncIterator[Shop]:
    box = sandbox.Settings.model_validate(
        {
            **sandbox.Settings.instant(test_numbers="ask").model_dump(),
            "campay": {"demo_limit": 0, "local_redirects": True},
        }
    )
    async with shop(folder, box=box, accounts=False) as place:
        await place.close()
        place.env |= {**variables(place.box.url, "http://127.0.0.1:9"), **env}
        await place.open()
        yield place


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(tmp_path) as place:
        yield place


def http() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=30)


def page_on(card: Message) -> str:
    [url] = re.findall(r"https?://\S+", card.text)
    return str(url)


# --- links


async def picture(counter: Shop, text: str) -> Message:
    said = counter.say(text)
    return await counter.telegram.wait_for(counter.chat, lambda message: message.has_media, after=said)


async def test_a_link_is_a_picture_to_scan_that_turns_into_a_receipt(counter: Shop) -> None:
    card = await picture(counter, "/link 5000 shoes")
    assert "shoes" in card.text
    assert "whoever opens the link" in card.text
    url = page_on(card)
    async with http() as browser:
        assert "5000" in (await browser.get(url)).text.replace(" ", "")
        await browser.post(url, data={"phone": "677 77 77 77"})
    await counter.approve()
    await counter.shows(card, "Paid", LIFE)
    assert "http" not in card.text
    assert card.has_media
    [payment] = await counter.payments()
    assert (payment.state, payment.channel) == (State.SUCCEEDED, "link")
    [entry] = counter.box.ledger.entries()
    assert entry.amount == 5000


async def test_a_link_needs_no_confirmation_and_asks_only_what_is_missing(counter: Shop) -> None:
    assert "How much" in (await counter.ask("/lien")).text
    assert "What for" in (await counter.ask("5k")).text
    card = await picture(counter, "-")
    assert "5,000" in card.text.replace("\u00a0", " ")


async def test_a_link_that_nobody_opened_waits_and_is_not_in_doubt(counter: Shop) -> None:
    card = await picture(counter, "/link 5000 via campay")
    for _ in range(3):
        counter.watch.skip(hours=2)
        await asyncio.sleep(1.2)
    [payment] = await counter.payments()
    assert payment.looks >= 2
    assert payment.state is State.PENDING
    assert "waiting to be paid" in (await counter.ask("/status")).text
    assert "Not known" not in card.text


async def test_a_link_asked_for_while_the_system_is_busy_comes_later(counter: Shop) -> None:
    counter.box.faults.order("status", "/get_payment_link/", times=1, status=429)
    said = counter.say("/link 5000 shoes via campay")
    await counter.telegram.wait_for(counter.chat, "can’t be reached", after=said)
    counter.watch.skip(seconds=61)
    card = await counter.telegram.wait_for(counter.chat, lambda message: message.has_media, timeout=LIFE, after=said)
    assert page_on(card)
    assert len(await counter.payments()) == 1


async def test_a_link_whose_answer_was_lost_was_handed_to_nobody_and_comes_from_the_next_system(counter: Shop) -> None:
    counter.box.faults.order("drop_reply", "/get_payment_link/")
    card = await picture(counter, "/link 5000 shoes")
    assert "CamPay did not take it" in card.text
    assert "Via KPay" in card.text
    alone = await counter.ask("/link 5000 via campay")
    assert "Not paid" in alone.text


async def test_a_link_by_kpay_is_its_hosted_page(counter: Shop) -> None:
    card = await picture(counter, "/link 5000 shoes via kpay")
    async with http() as browser:
        sent = await browser.post(
            page_on(card), data={"provider": "MTN_MOMO_CMR", "phone": "677 77 77 77", "action": "go"}
        )
        assert sent.status_code in {302, 303}
    await counter.approve()
    await counter.shows(card, "Paid", LIFE)


async def test_a_system_without_links_says_so(counter: Shop) -> None:
    assert "Nkapsmart has no payment links" in (await counter.ask("/link 5000 via nkapsmart")).text


async def test_a_bank_collection_is_authorized_on_its_page(counter: Shop) -> None:
    card = await counter.confirmed("/request 5000 677777777 rent via bank")
    await counter.shows(card, "pays on this page")
    url = page_on(card)
    async with http() as browser:
        assert "5000" in (await browser.get(url)).text
        assert (await browser.post(url, data={"answer": "authorize"})).status_code == 303
    await counter.shows(card, "Paid", LIFE)
    assert "Via Nkapsmart" in card.text


async def test_a_bank_collection_that_the_payer_leaves_is_not_paid(counter: Shop) -> None:
    card = await counter.confirmed("/request 5000 677777777 rent via bank")
    await counter.shows(card, "pays on this page")
    async with http() as browser:
        await browser.post(page_on(card), data={"answer": "cancel"})
    await counter.shows(card, "Not paid", LIFE)


# --- transfers


async def test_money_moves_between_two_wallets(counter: Shop) -> None:
    card = await counter.card("/transfer 5000 CMR GAB stock")
    assert "Cameroon → Gabon" in card.text
    assert "stock" in card.text
    await counter.confirm(card)
    await counter.shows(card, "Moved", LIFE)
    assert "Arrived: 5000 XAF" in card.text
    line = await counter.group_says("Cameroon → Gabon")
    assert "moved" in line.text


async def test_wallets_are_asked_for_by_their_countries_names(counter: Shop) -> None:
    assert "Gabon (GA)" in (await counter.ask("/transfert 5000")).text
    assert "To the wallet" in (await counter.ask("Cameroun")).text
    assert "one and the same" in (await counter.ask("CMR")).text
    assert "no wallet here" in (await counter.ask("Atlantis")).text
    card = await counter.card("Côte d'Ivoire")
    assert "Cameroon → Côte d’Ivoire" in card.text


async def test_a_transfer_whose_answer_was_lost_is_for_a_person_and_never_sent_again(counter: Shop) -> None:
    counter.box.faults.order("drop_reply", "/api/wallets/transfer", times=1)
    card = await counter.confirmed("/transfer 5000 CM GA")
    await counter.shows(card, "Not known yet", LIFE)
    counter.watch.skip(minutes=31)
    await counter.shows(card, "A person must decide", LIFE)
    [payment] = await counter.payments()
    assert payment.state is State.REVIEW
    assert len({event.at for event in await counter.events(payment) if event.after == "sending"}) == 1


# --- crypto


async def test_a_deposit_is_paid_on_its_page_and_found_by_its_hash(counter: Shop) -> None:
    card = await counter.confirmed("/request 6000 via crypto")
    await counter.shows(card, TRON_WALLET)
    assert "10 USDT" in card.text
    async with http() as browser:
        await browser.post(page_on(card), data={"tokens": "10"})
        [ash] = re.findall(r'id="hash">(\w+)<', (await browser.get(page_on(card))).text)
    await counter.telegram.tap(counter.owner, card, "I have the hash")
    assert "64 letters" in (await counter.ask("12345")).text
    assert "look it up" in (await counter.ask(ash)).text
    await counter.shows(card, "Paid", LIFE)


async def test_crypto_leaves_only_after_the_end_of_the_address_was_typed(counter: Shop) -> None:
    assert "Which address on BSC" in (await counter.ask("/payout 6000 677777777 rent via bsc")).text
    assert "letter" in (await counter.ask(EVM[:-1] + "5")).text
    assert "no check" in (await counter.ask(EVM.lower())).text
    card = await counter.card(EVM)
    assert "BSC · 0x8D39…E71044" in card.text
    assert EVM not in card.text
    await counter.confirm(card)
    await counter.telegram.wait_for(counter.chat, "last four")
    assert "not its last four" in (await counter.ask("9999")).text
    [payment] = await counter.payments()
    assert payment.state is State.DRAFT
    assert counter.box.ledger.entries() == []
    counter.say(EVM[-4:].lower())
    await counter.shows(card, "Sent", LIFE)
    assert len(counter.box.ledger.entries()) == 1


async def test_the_network_is_asked_where_there_are_several_and_tokens_can_be_the_money(tmp_path: Path) -> None:
    async with opened(tmp_path, NKAPSMART_CRYPTO_CURRENCY="USDT") as counter:
        assert "On which network" in (await counter.ask("/payout 12.5 USDT 677777777 rent")).text
        assert "not served" in (await counter.ask("solana")).text
        assert "Which address on TRON" in (await counter.ask("trc20")).text
        card = await counter.card(TRON_WALLET)
        assert "12.50" in card.text
        assert "TRON · TF8iBf…cVTin7" in card.text


async def test_a_whole_line_of_crypto_needs_no_question(counter: Shop) -> None:
    card = await counter.card(f"/payout 6000 677777777 {TRON_WALLET} rent")
    assert "TRON · TF8iBf…cVTin7" in card.text
    assert "For: rent" in card.text


async def test_crypto_is_off_until_its_networks_are_known(tmp_path: Path) -> None:
    async with opened(tmp_path, NKAPSMART_NETWORKS="", NKAPSMART_WALLETS="") as counter:
        assert "Crypto is off" in (await counter.ask("/payout 6000 677777777 via crypto")).text


async def test_a_payout_by_kpay_says_that_less_arrives(counter: Shop) -> None:
    card = await counter.card("/payout 5000 677777777 salary via kpay")
    assert "a little less arrives" in card.text
    other = await counter.card("/payout 5000 677777777 salary via campay")
    assert "less arrives" not in other.text


def test_the_picture_is_one_that_a_phone_takes() -> None:
    picture = scannable("https://demo.campay.net/pay/AbC123/" + "x" * 200)
    assert picture.startswith(b"\x89PNG")
    assert len(io.BytesIO(picture).getvalue()) < 100_000


async def test_a_link_may_be_asked_for_by_what_it_is_for(counter: Shop) -> None:
    assert "How much" in (await counter.ask("/lien red dress")).text
    said = counter.say("20")
    card = await counter.telegram.wait_for(counter.chat, lambda message: bool(message.buttons), PATIENCE, said)
    assert "For: red dress" in card.text


async def test_a_link_lapses_when_its_maker_said_and_makes_room_for_one_new_one(counter: Shop) -> None:
    card = await picture(counter, "/link 20 shoes via campay")
    assert "To be paid before" in card.text
    lasting = card.text
    await counter.telegram.tap(counter.owner, card, "6 h", timeout=PATIENCE)
    await counter.telegram.wait_for(counter.chat, lambda m: m is card and m.text != lasting, PATIENCE)
    [old] = await counter.payments()
    counter.watch.skip(hours=5)
    early = await counter.telegram.tap(counter.owner, card, "1 h", timeout=PATIENCE)
    assert not early.show_alert
    counter.watch.skip(hours=2)
    await counter.shows(card, "This link has lapsed.")
    shown = counter.telegram.world.files.get(card.media["photo"][-1]["file_id"])
    assert shown
    assert shown.content == stamped("Link closed", good=False)  # nobody scans a code that is good for nothing
    assert (await counter.payments())[0].state == "pending"  # whoever pays by it all the same is heard
    tap = f"relink:{old.id}"
    await counter.telegram.tap(counter.owner, card, tap, timeout=PATIENCE)
    new = await counter.telegram.wait_for(counter.chat, "To be paid before", PATIENCE, card)
    assert new is not card
    again = await counter.telegram.tap(counter.owner, card, tap, timeout=PATIENCE)
    assert "was made already" in again.text
    assert len(await counter.payments()) == 2

"""Said in one's own words: from a chat line to a receipt, and what is only talk, over HTTP on every side."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.messages import Message
from tests.shop import Shop, shop


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path, language="fr") as place:
        yield place


async def test_a_line_in_french_goes_to_a_paid_card_and_only_by_its_tap(counter: Shop) -> None:
    card = await counter.card("Bonjour, demande 20 F au 677 77 77 77 pour la livraison stp")
    assert "livraison" in card.text
    assert counter.box.ledger.entries() == []
    await counter.confirm(card)
    await counter.approve()
    await counter.shows(card, "Payé")
    [payment] = await counter.payments()
    assert (payment.amount, payment.description) == (20, "livraison")


async def test_a_whole_order_is_no_answer_to_the_question_before_it(counter: Shop) -> None:
    assert "Vers quel numéro" in (await counter.ask("envoie 2000")).text
    assert "ne s’appelle « xxx" in (await counter.ask("x" * 4000)).text
    assert "/demander" in (await counter.ask("aide")).text
    card = await counter.card("demande 20 à 677777777 pour le beurre")
    assert "Demande · 20" in card.text
    assert [payment.kind for payment in await counter.payments()] == ["collection"]
    await counter.ask("/payer")
    assert "Demande · 30" in (await counter.card("demande 30 à 677777777")).text


async def test_what_is_neither_text_nor_sheet_is_answered_in_private(counter: Shop) -> None:
    telegram = counter.telegram
    shot = telegram.send_photo(counter.owner, counter.chat, "sms.png", b"png", "voici le SMS")
    assert "ne prouve aucun paiement" in (await _answer(counter, shot)).text
    voice = telegram.world.post(
        counter.chat, counter.owner, media={"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}}
    )
    assert "Je ne lis que le texte" in (await _answer(counter, voice)).text


async def test_what_is_unsure_is_asked_and_only_the_last_question_counts(counter: Shop) -> None:
    first = await counter.card("20 677777777 livraison")
    assert first.buttons[0].text.startswith("📥 Demander")
    second = await counter.card("donne 20 à 677777777")
    gone = await counter.telegram.tap(counter.owner, first, "Demander")
    assert "close" in gone.text
    assert await counter.payments() == []
    await counter.telegram.tap(counter.owner, second, "Envoyer")
    await counter.shows(second, "✔️ 📤 Envoyer")
    await counter.telegram.wait_for(counter.chat, "Envoi · 20", after=second)
    [payment] = await counter.payments()
    assert (payment.kind, payment.state, payment.amount) == ("payout", "draft", 20)
    third = await counter.card("677777777")
    await counter.telegram.tap(counter.owner, third, "Rien")
    await counter.shows(third, "D’accord, rien")
    assert len(await counter.payments()) == 1


async def test_talk_is_answered_shortly_in_private_and_not_at_all_in_a_group(counter: Shop) -> None:
    telegram = counter.telegram
    assert "Bonjour Awa" in (await counter.ask("bonjour")).text
    assert "plaisir" in (await counter.ask("merci")).text
    assert "solde" in (await counter.ask("n’envoie pas 20 à 677777777")).text
    assert (
        "transféré"
        in (await _answer(counter, telegram.forward(counter.owner, counter.chat, "envoie 20 à 677777777"))).text
    )
    assert (
        "transféré"
        in (await _answer(counter, telegram.forward(counter.owner, counter.chat, "/payer 20 677777777"))).text
    )
    telegram.make_bot_admin(counter.group, counter.owner)
    before = len(telegram.messages(counter.group))
    for line in ("n’envoie pas 20 à 677777777", "envoie 20 à 677777777", "solde", "bonjour", "677777777"):
        counter.say(line, chat=counter.group)
    name = f"@{telegram.bot.username}"
    said = counter.say(f"{name} comment va la famille", chat=counter.group)
    answer = await telegram.wait_for(counter.group, "pas compris", after=said)
    assert len(telegram.messages(counter.group)) == before + 7
    counter.say(f"{name} demande 20 au 677777777", chat=counter.group)
    await telegram.wait_for(counter.group, lambda message: bool(message.buttons), after=answer)
    [payment] = await counter.payments()
    assert (payment.kind, payment.chat_id) == ("collection", counter.group.id)


async def test_the_number_is_taken_from_the_message_that_is_answered(counter: Shop) -> None:
    telegram = counter.telegram
    contact = telegram.share_contact(counter.owner, counter.chat, "+237 677 77 77 77", "Paul")
    offer = await telegram.wait_for(counter.chat, lambda message: bool(message.buttons), after=contact)
    assert [button.text for button in offer.buttons] == [
        "📥 Demander de l’argent",
        "📤 Envoyer de l’argent",
        "🔎 Qui est-ce",
        "✖️ Rien",
    ]
    for line in ("demande 20 pour la robe", "/payer 20 robe"):
        said = telegram.say(counter.owner, counter.chat, line, reply_to=contact)
        card = await telegram.wait_for(counter.chat, lambda message: bool(message.buttons), after=said)
        assert "+237 6 77 77 77 77" in card.text
    note = counter.say("mon numéro est le 690 11 22 33, merci")
    await _answer(counter, note)
    said = telegram.say(counter.owner, counter.chat, "demande-lui 20", reply_to=note)
    card = await telegram.wait_for(counter.chat, lambda message: bool(message.buttons), after=said)
    assert "+237 6 90 11 22 33" in card.text
    await telegram.tap(counter.owner, offer, "Rien")
    both = counter.say("677777777 ou 690112233")
    await _answer(counter, both)
    said = telegram.say(counter.owner, counter.chat, "demande 20", reply_to=both)
    assert "quel numéro" in (await _answer(counter, said)).text
    assert "Abandonné" in (await counter.ask("laisse tomber")).text


async def _answer(counter: Shop, said: Message) -> Message:
    return await counter.telegram.wait_for(counter.chat, lambda _: True, after=said)


async def test_an_ended_payment_is_drafted_once_more_with_a_fresh_intent(counter: Shop) -> None:
    card = await counter.confirmed("/payer 20 677777777 taxi")
    await counter.shows(card, "Envoyé")
    await counter.telegram.answered(counter.telegram.tap_doubled(counter.owner, card, "Encore une fois"))
    again = await counter.telegram.wait_for(counter.chat, lambda m: bool(m.buttons) and "taxi" in m.text, after=card)
    assert "déjà préparé" in (await counter.telegram.tap(counter.owner, card, "Encore une fois")).text
    assert "la même chose" in again.text
    assert len(await counter.payments()) == 2
    await counter.telegram.tap(counter.owner, again, "envoyer encore")
    await counter.shows(again, "Envoyé")
    await counter.telegram.tap(counter.owner, card, "Encore une fois")
    await counter.telegram.wait_for(counter.chat, lambda m: bool(m.buttons) and "taxi" in m.text, after=again)
    made = await counter.payments()
    assert [(one.amount, one.description) for one in made] == [(20, "taxi")] * 3


async def test_a_payee_is_saved_from_a_card_and_paid_by_name(counter: Shop) -> None:
    telegram = counter.telegram
    card = await counter.confirmed("/payer 20 677777777 taxi")
    await counter.shows(card, "Envoyé")
    await telegram.tap(counter.owner, card, "Enregistrer ce numéro")
    await telegram.wait_for(counter.chat, "Sous quel nom", after=card)
    assert "chiffres" in (await counter.ask("Paul 2")).text
    assert "Enregistré : Paul Mbarga" in (await counter.ask("Paul Mbarga")).text
    for line in ("envoie 30 à paul pour le taxi", "/payer 31 PAUL taxi", "/demander Paul 32 taxi"):
        named = await counter.card(line)
        assert "Paul Mbarga · +237 6 77 77 77 77" in named.text
        assert "taxi" in named.text
    assert "Enregistré" in (await counter.ask("/beneficiaires ajouter Paul Éto 690112233")).text
    assert "déjà" in (await counter.ask("/payees add PAUL ETO 699112233")).text
    question = await counter.card("envoie 33 à Paul")
    assert [button.text for button in question.buttons] == [
        "Paul Éto · +237 6 90 11 22 33",
        "Paul Mbarga · +237 6 77 77 77 77",
    ]
    await telegram.tap(counter.owner, question, "Éto")
    await telegram.wait_for(counter.chat, "Pour quoi", after=question)
    chosen = await counter.card("-")
    assert "Paul Éto · +237 6 90 11 22 33" in chosen.text
    assert "ne s’appelle" in (await counter.ask("paie le salaire de Jean")).text
    listed = await counter.card("mes bénéficiaires")
    await telegram.tap(counter.owner, listed, "Paul Éto")
    await counter.shows(listed, "Paul Éto")
    await telegram.tap(counter.owner, listed, "Changer de numéro")
    await telegram.wait_for(counter.chat, "nouveau numéro", after=listed)
    assert "+237 6 99 11 22 33" in (await counter.ask("699 11 22 33")).text

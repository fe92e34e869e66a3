"""Fills a payment in, asking for what is missing, one question at a time. A half-filled form is a row."""

import re
from dataclasses import replace

from markupsafe import Markup
from telegram import InlineKeyboardMarkup, Message

from bot.errors import UserError
from bot.payments.amounts import parse_amount
from bot.payments.payees import phone_of
from bot.payments.phone import parse_phone, pretty
from bot.payments.service import MOST_DESCRIPTION, OPERATOR, WhichOperator
from bot.ui import bulk, codes, connecting, guesses, names, naming, payees, pending, proofs, verdicts
from bot.ui.beside import phone_beside
from bot.ui.coins import Coins, checked, network_named, split_coins
from bot.ui.parse import parse_wish, without_about
from bot.ui.places import place_named, split_places
from bot.ui.visit import Visit
from bot.ui.wish import Step, Wish, from_row, to_row
from providers import discover
from providers.messages import Channel, Kind
from storage.models import Form, Payee

_EXTRA = "extra:"
_PUNCTUATED = re.compile(r"(?<=\d)[,;](?=[^\d\s])|[\u200b-\u200d\u2060\ufeff]")
"""677777777,shoes, and signs without a width that come with copied numbers."""
_VIA = re.compile(r"(?:^|\s)via\s+(?P<system>[a-z0-9]+)\s*$", re.IGNORECASE)
_WAYS = {
    "page": Channel.PAGE,
    "lien": Channel.LINK,
    "link": Channel.LINK,
    "bank": Channel.BANK,
    "banque": Channel.BANK,
    "crypto": Channel.CRYPTO,
    "usdt": Channel.CRYPTO,
}
_TOWARDS = re.compile(r"^(?:à|a|au|de|to|from)\s+", re.IGNORECASE)
_LONGEST_EXTRA = 200
_TO_A_PHONE = {Kind.COLLECTION, Kind.PAYOUT, Kind.AIRTIME}
_TO_NOBODY = {Channel.LINK, Channel.CRYPTO}
_NOTHING = {"-", "–", "—"}


async def begin(
    visit: Visit, kind: Kind, text: str, channel: Channel | None = None, intent: Message | None = None
) -> None:
    """A command with what came behind it. A whole line is drafted at once; otherwise the first gap is asked for.

    `intent` is the message that the payment is known by. By default what was typed; under a button, which can be tapped
    for one payment after another, the first question.
    """
    await pending.drop(visit)
    text, wish = _split_via(_PUNCTUATED.sub(" ", text), Wish(channel=channel))
    found: list[Payee] = []
    if kind is Kind.TRANSFER:
        wish = _of_wallets(visit, text, wish)
    else:
        wish, found = await _of_names(visit, kind, text, wish)
    _check_description(wish.description)
    if wish.phone is None and not found and kind in _TO_A_PHONE and wish.channel not in _TO_NOBODY:
        wish = replace(wish, phone=phone_beside(visit))
    if wish.gap(kind) not in {"amount", "phone"}:
        wish = replace(wish, description=wish.description or "")
    typed = None if visit.query else visit.message
    known_by = intent or typed
    message_id = known_by.message_id if known_by else 0
    if found:
        question = visit.voice.say("payee.which", name=found[0].name)
        await _ask(visit, kind, wish, "phone", message_id, question, payees.of_choice(found))
        return
    await _go_on(visit, kind, wish, message_id)


async def _of_names(visit: Visit, kind: Kind, text: str, wish: Wish) -> tuple[Wish, list[Payee]]:
    """A saved payee's name stands for the number, before the amount or behind it. Of several one must be chosen."""
    if kind not in _TO_A_PHONE or wish.channel in _TO_NOBODY:
        return _of_line(visit, kind, text, wish), []
    found, rest = await visit.counter.payees.split(visit.member, text)
    if found:
        wish = _of_line(visit, kind, rest, wish) if any(sign.isdigit() for sign in rest) else _with_rest(wish, rest)
    else:
        wish = _of_line(visit, kind, text, wish)
        if wish.phone is None and wish.description:
            # "5000 à Paul taxi", as it is said
            found, rest = await visit.counter.payees.split(visit.member, _TOWARDS.sub("", wish.description))
            wish = _with_rest(wish, rest) if found else wish
    if wish.phone is not None or len(found) != 1:
        return wish, [] if wish.phone else found
    return replace(wish, phone=phone_of(found[0])), []


def _with_rest(wish: Wish, rest: str) -> Wish:
    return replace(wish, description=without_about(rest) or None)


def _split_via(text: str, wish: Wish) -> tuple[str, Wish]:
    """What follows "via" insists on a system ("kpay") or a way ("bank"); another word belongs to the description."""
    found = _VIA.search(text)
    word = found["system"].lower() if found else ""
    if not found:
        return text, wish
    if word in discover():
        return text[: found.start()], replace(wish, via=word)
    if word in _WAYS:
        return text[: found.start()], replace(wish, channel=wish.channel or _WAYS[word])
    if network := network_named(word):
        return text[: found.start()], replace(wish, channel=Channel.CRYPTO, network=network)
    return text, wish


def _of_line(visit: Visit, kind: Kind, text: str, wish: Wish) -> Wish:
    text, coins = split_coins(text) if kind in {Kind.COLLECTION, Kind.PAYOUT} else (text, None)
    if coins and wish.channel in {None, Channel.CRYPTO}:
        wish = _with_coins(wish, coins)
    currency = coins.currency if coins and coins.currency else visit.currency
    if wish.channel == Channel.LINK and not any(sign.isdigit() for sign in text):
        return replace(wish, description=text.strip() or None)  # "/link red dress": how much is still to be asked
    read = parse_wish(text, visit.member.merchant.country, currency)
    return replace(wish, amount=read.amount, phone=read.phone, description=read.description)


def _with_coins(wish: Wish, coins: Coins) -> Wish:
    network = wish.network or coins.network
    address = {"address": checked(network, coins.address)} if coins.address and network else {}
    return replace(wish, channel=Channel.CRYPTO, network=network, extras={**wish.extras, **address})


def _of_wallets(visit: Visit, text: str, wish: Wish) -> Wish:
    """5000 CM GA stock: the amount, then the two wallets, then what for."""
    words = text.split()
    if not (wallets := visit.counter.payments.wallets(visit.member)):
        raise UserError("transfer.none")
    starts = [number for number in range(len(words)) if split_places(" ".join(words[number:]), wallets)[0]]
    start = starts[0] if starts else len(words)
    places, rest = split_places(" ".join(words[start:]), wallets)
    source, target = [*places, "", ""][:2]
    _apart(source, target)
    amount = parse_amount(" ".join(words[:start]), visit.currency) if words[:start] else None
    return replace(wish, amount=amount, source=source, target=target, description=rest)


def _apart(source: str, target: str) -> None:
    if source and source == target:
        raise UserError("transfer.same")


async def answer(visit: Visit, text: str) -> bool:
    """The answer to the open question; False where none is open. A bad answer leaves the question open."""
    form = await pending.current(visit)
    if form is None or form.command == guesses.GUESS:
        return False
    if form.command == connecting.CONNECT:
        await connecting.take(visit, form, text)
        return True
    if form.command in names.QUESTIONS:
        await names.take(visit, form, text)
        return True
    if form.command in proofs.QUESTIONS:
        await proofs.take(visit, form, text)
        return True
    if form.command in naming.QUESTIONS:
        await naming.take(visit, form, text)
        return True
    if form.command in codes.QUESTIONS:
        await codes.take(visit, form, text)
        return True
    if form.command in verdicts.QUESTIONS:
        await verdicts.take(visit, form, text)
        return True
    if form.command == bulk.BULK:
        await bulk.take_text(visit, form, text)
        return True
    if form.asking == "phone" and not any(sign.isdigit() for sign in text):
        await _take_name(visit, form, text)
        return True
    wish = _filled(form, text, visit)
    await _go_on_from(visit, form, Kind(form.command), wish)
    return True


async def _take_name(visit: Visit, form: Form, text: str) -> None:
    """A saved payee's name instead of the number."""
    found = await visit.counter.payees.named(visit.member, text)
    if not found:
        raise UserError("payee.unknown", name=text)
    kind, wish = Kind(form.command), from_row(form.answers)
    if len(found) == 1:
        await _go_on_from(visit, form, kind, replace(wish, phone=phone_of(found[0])))
    else:
        question = visit.voice.say("payee.which", name=found[0].name)
        await _ask(visit, kind, wish, "phone", form.message_id, question, payees.of_choice(found))


async def answer_phone(visit: Visit, number: str) -> bool:
    """A number that was tapped, where one is asked for."""
    form = await pending.current(visit)
    return form is not None and form.asking == "phone" and await answer(visit, number)


def _filled(form: Form, text: str, visit: Visit) -> Wish:
    known = from_row(form.answers)
    country, currency = visit.member.merchant.country, visit.currency
    match form.asking:
        case "amount":
            return _with_amount(known, text, currency)
        case "phone":
            return replace(known, phone=parse_phone(text, country))
        case "source" | "target" as step:
            return _with_wallet(visit, known, step, text)
        case "network":
            return replace(known, network=_network(visit, Kind(form.command), text))
        case "description":
            description = "" if text.strip() in _NOTHING else " ".join(text.split())
            _check_description(description)
            return replace(known, description=description)
    name = form.asking.removeprefix(_EXTRA)
    return replace(known, extras={**known.extras, name: _extra(name, text, known)})


def _with_amount(known: Wish, text: str, currency: str) -> Wish:
    """ "20 USDT" is an answer too, where crypto is meant."""
    rest, coins = split_coins(text) if known.channel is Channel.CRYPTO else (text, None)
    return replace(known, amount=parse_amount(rest, coins.currency if coins and coins.currency else currency))


def _with_wallet(visit: Visit, known: Wish, step: str, text: str) -> Wish:
    wallets = visit.counter.payments.wallets(visit.member)
    place = place_named(text, wallets)
    if not place:
        raise UserError("transfer.no_wallet", text=text, names=_countries(visit, wallets))
    wish = replace(known, source=place) if step == "source" else replace(known, target=place)
    _apart(wish.source, wish.target)
    return wish


def _network(visit: Visit, kind: Kind, text: str) -> str:
    networks = visit.counter.payments.networks(visit.member, kind)
    if (named := network_named(text.strip())) not in networks:
        raise UserError("network.not_served", names=", ".join(networks))
    return named


def _extra(name: str, text: str, wish: Wish) -> str:
    if name == "otp":
        return codes.read_code(text)
    line = " ".join(text.split())
    if not line or len(line) > _LONGEST_EXTRA:
        raise UserError("form.extra.bad")
    return checked(wish.network, line) if name == "address" else line


def _check_description(description: str | None) -> None:
    if description and len(description) > MOST_DESCRIPTION:
        raise UserError("description.too_long", most=MOST_DESCRIPTION)


async def _go_on_from(visit: Visit, form: Form, kind: Kind, wish: Wish) -> None:
    if await _go_on(visit, kind, wish, form.message_id):
        await pending.drop(visit)


async def _go_on(visit: Visit, kind: Kind, wish: Wish, message_id: int) -> bool:
    """Asks for the first gap; then for what the system that would take it wants to know; then drafts. Whether it did.

    Without a `message_id` the first question is the intent.
    """
    step = wish.gap(kind)
    if step == "network" and len(networks := visit.counter.payments.networks(visit.member, kind)) == 1:
        return await _go_on(visit, kind, replace(wish, network=networks[0]), message_id)
    if step:
        await _ask(visit, kind, wish, step, message_id, _question(visit, kind, wish, step))
        return False
    ask = wish.as_ask(kind, visit.member.merchant.country, visit.chat_id, message_id)
    try:
        rail = (await visit.counter.payments.route(visit.member, ask)).rail
    except WhichOperator as unknown:
        question = visit.voice.say("form.operator", phone=pretty(ask.phone.msisdn), names=unknown.names)
        await _ask(visit, kind, wish, f"{_EXTRA}{OPERATOR}", message_id, question)
        return False
    lacking = next((name for name in rail.extras if not wish.extras.get(name)), None)
    if lacking:
        dial = rail.dial.replace("{amount}", str(ask.amount.whole)) if lacking == "otp" else ""
        key = f"form.extra.{lacking}"
        key = key if visit.voice.knows(key) else "form.extra.other"
        question = visit.voice.say(key, dial=dial, name=lacking, network=wish.network)
        await _ask(visit, kind, wish, f"{_EXTRA}{lacking}", message_id, question)
        return False
    await visit.counter.payments.draft(visit.member, ask)
    return True


def _question(visit: Visit, kind: Kind, wish: Wish, step: Step) -> Markup:
    payments, voice = visit.counter.payments, visit.voice
    if step in {"source", "target"}:
        wallets = payments.wallets(visit.member)
        return voice.say(f"form.{step}", amount=wish.amount or "", names=_countries(visit, wallets))
    if step == "network":
        if not (networks := payments.networks(visit.member, kind)):
            raise UserError("network.none")
        return voice.say("form.network", names=", ".join(networks))
    party = pretty(wish.phone.msisdn) if wish.phone else voice.say(f"party.{wish.channel or Channel.MOBILE}")
    return voice.say(f"form.{step}.{kind}", amount=wish.amount or "", phone=party)


def _countries(visit: Visit, codes: list[str]) -> str:
    return ", ".join(sorted(f"{visit.voice.country(code)} ({code})" for code in codes))


async def _ask(
    visit: Visit,
    kind: Kind,
    wish: Wish,
    step: str,
    message_id: int,
    question: Markup,
    keyboard: InlineKeyboardMarkup | None = None,
) -> None:
    asked = None if message_id else await _put(visit, question, keyboard)
    await pending.put(visit, kind, to_row(wish), step, message_id=asked.message_id if asked else message_id)
    if asked is None:
        await _put(visit, question, keyboard)


async def _put(visit: Visit, question: Markup, keyboard: InlineKeyboardMarkup | None) -> Message:
    return await (visit.say(question, keyboard) if keyboard else visit.ask(question))

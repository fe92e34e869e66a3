"""Questions about a saved payee: a number's name, another name, another number."""

from bot.payments.phone import Phone, parse_phone, pretty
from bot.ui import pending
from bot.ui.beside import phone_beside
from bot.ui.visit import Visit
from storage.models import Form, Payee

ADD, SAVE, RENAME, RENUMBER = "payee_add", "payee_save", "payee_rename", "payee_phone"
QUESTIONS = frozenset({ADD, SAVE, RENAME, RENUMBER})


async def ask_line(visit: Visit) -> None:
    await _ask(visit, ADD, {})


async def ask_name(visit: Visit, phone: Phone) -> None:
    about: dict[str, object] = {"msisdn": phone.msisdn, "country": phone.country}
    await _ask(visit, SAVE, about, phone=pretty(phone.msisdn))


async def ask_rename(visit: Visit, payee: Payee) -> None:
    await _ask(visit, RENAME, {"payee": payee.id}, name=payee.name)


async def ask_phone(visit: Visit, payee: Payee) -> None:
    await _ask(visit, RENUMBER, {"payee": payee.id}, name=payee.name)


async def _ask(visit: Visit, question: str, about: dict[str, object], **values: str) -> None:
    """A half-filled form is not thrown away for it."""
    await pending.demand_free(visit, unless=QUESTIONS | {"guess"})
    await pending.put(visit, question, about)
    await visit.ask(visit.voice.say(f"form.{question}", **values))


async def take(visit: Visit, form: Form, text: str) -> None:
    """The answer. One that can't be right leaves the question open."""
    known = visit.counter.payees
    if form.command == ADD:
        await _add(visit, text, form.answers.get("name", ""))
        return
    if form.command == SAVE:
        payee = await known.save(visit.member, text, Phone(form.answers["msisdn"], form.answers["country"], ""))
    elif form.command == RENAME:
        payee = await known.rename(visit.member, form.answers["payee"], text)
    else:
        phone = parse_phone(text, visit.member.merchant.country)
        payee = await known.change_phone(visit.member, form.answers["payee"], phone)
    await pending.drop(visit)
    await say_saved(visit, payee)


async def add(visit: Visit, text: str) -> None:
    """ "Paul 677123456", or a name in reply to a number; what is missing is asked for."""
    await (_add(visit, text, "") if text or phone_beside(visit) else ask_line(visit))


async def _add(visit: Visit, text: str, said_before: str) -> None:
    name, phone = _named(visit, text)
    name = name or said_before
    if phone is None:
        await _ask_number(visit, name)
    elif not name:
        await ask_name(visit, phone)
    else:
        payee = await visit.counter.payees.save(visit.member, name, phone)
        await pending.drop(visit)
        await say_saved(visit, payee)


async def _ask_number(visit: Visit, said: str) -> None:
    name = await visit.counter.payees.accept(visit.member, said)
    await pending.demand_free(visit, unless=QUESTIONS | {"guess"})
    await pending.put(visit, ADD, {"name": name})
    await visit.ask(visit.voice.say("form.payee_number", name=name))


def _named(visit: Visit, text: str) -> tuple[str, Phone | None]:
    """The name stands before the number, which may be in the message that is answered."""
    words = text.split()
    start = next((at for at, word in enumerate(words) if any(sign.isdigit() for sign in word)), len(words))
    number = " ".join(words[start:])
    phone = parse_phone(number, visit.member.merchant.country) if number else phone_beside(visit)
    return " ".join(words[:start]), phone


async def say_saved(visit: Visit, payee: Payee) -> None:
    await visit.say(visit.voice.say("payee.saved", name=payee.name, phone=pretty(payee.msisdn)))

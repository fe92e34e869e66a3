"""People of a shop who are not its owner."""

from bot.demo.messages import Message
from bot.demo.people import User
from storage import people
from storage.models import Person, Role
from storage.people import HOUSE
from tests.shop import PATIENCE, Shop


async def hire(counter: Shop, person_id: int, role: Role, language: str = "en") -> User:
    """Their private chat is open, and the greeting has come."""
    user = counter.telegram.add_user(role.title(), language, person_id)
    await counter.app.storage.run(
        lambda session: session.add(Person(id=person_id, name=role.title(), created_at=counter.watch()))
    )
    await counter.app.storage.run(people.enrol, HOUSE, person_id, role, now=counter.watch())
    said = counter.telegram.start(user)
    await counter.telegram.wait_for(counter.telegram.private(user), lambda _: True, PATIENCE, said)
    return user


async def ask_as(counter: Shop, user: User, text: str) -> Message:
    """What the bot answers to one line in their private chat."""
    chat = counter.telegram.private(user)
    return await counter.telegram.wait_for(chat, lambda _: True, PATIENCE, counter.say(text, user, chat))

from datetime import timedelta
from typing import Any

from storage import forms
from storage.engine import Storage
from storage.models import Form
from storage.people import HOUSE
from tests.books import CASHIER, GROUP, NOON, OWNER

END = NOON + timedelta(minutes=30)


def form(**changes: Any) -> Form:
    values: dict[str, Any] = {
        "chat_id": OWNER,
        "person_id": OWNER,
        "merchant_id": HOUSE,
        "command": "payout",
        "answers": {"amount": [5000, "XAF"], "phone": None, "description": 'a "b" <c> é 👟'},
        "asking": "phone",
        "message_id": 7,
        "expires_at": END,
    }
    return Form(**{**values, **changes})


def test_a_form_comes_back_as_it_was_left(storage: Storage) -> None:
    storage.transact(forms.put, form())
    found = storage.transact(forms.current, OWNER, OWNER, NOON)
    assert found
    assert found.model_dump() == form().model_dump()


def test_a_later_answer_takes_the_place_of_the_earlier(storage: Storage) -> None:
    storage.transact(forms.put, form())
    storage.transact(forms.put, form(asking="description", answers={}))
    found = storage.transact(forms.current, OWNER, OWNER, NOON)
    assert found
    assert (found.asking, found.answers) == ("description", {})


def test_each_person_has_one_form_in_each_chat(storage: Storage) -> None:
    for chat, person in [(OWNER, OWNER), (GROUP, OWNER), (GROUP, CASHIER)]:
        storage.transact(forms.put, form(chat_id=chat, person_id=person, message_id=-chat + person))
    found = storage.transact(forms.current, GROUP, OWNER, NOON)
    assert found
    assert found.message_id == -GROUP + OWNER
    assert storage.transact(forms.drop, GROUP, OWNER)
    assert storage.transact(forms.current, GROUP, CASHIER, NOON)
    assert storage.transact(forms.current, OWNER, OWNER, NOON)


def test_a_form_that_has_expired_is_thrown_away(storage: Storage) -> None:
    storage.transact(forms.put, form())
    assert storage.transact(forms.current, OWNER, OWNER, END) is None
    assert storage.transact(forms.current, OWNER, OWNER, NOON) is None


def test_dropping_tells_whether_there_was_one(storage: Storage) -> None:
    storage.transact(forms.put, form())
    assert storage.transact(forms.drop, OWNER, OWNER)
    assert not storage.transact(forms.drop, OWNER, OWNER)

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from storage import inbound
from storage.engine import Storage
from storage.models import Inbound
from storage.people import HOUSE
from tests.books import NOON, OTHER_MERCHANT, enter


def callback(**changes: Any) -> Inbound:
    values: dict[str, Any] = {
        "merchant_id": HOUSE,
        "provider": "scripted",
        "digest": "d1",
        "reference": "R1",
        "key": "k1",
        "word": "SUCCESSFUL",
        "received_at": NOON,
    }
    return Inbound(**{**values, **changes})


def test_the_same_callback_is_kept_once(storage: Storage) -> None:
    assert storage.transact(inbound.keep_once, callback())
    assert not storage.transact(inbound.keep_once, callback(received_at=NOON + timedelta(hours=1)))
    assert storage.transact(inbound.keep_once, callback(digest="d2"))


def test_of_many_at_once_one_is_kept(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda _: storage.transact(inbound.keep_once, callback()), range(16)))
    assert kept.count(True) == 1


def test_a_callback_knows_its_payment(storage: Storage) -> None:
    payment = enter(storage)
    assert storage.transact(inbound.keep_once, callback(payment_id=payment.id))


def test_the_last_callback_of_one_merchants_system_is_told(storage: Storage) -> None:
    assert storage.transact(inbound.last_at, HOUSE, "scripted") is None
    for minutes, merchant, system in [(1, HOUSE, "scripted"), (3, OTHER_MERCHANT, "scripted"), (5, HOUSE, "another")]:
        at = NOON + timedelta(minutes=minutes)
        storage.transact(
            inbound.keep_once, callback(digest=f"d{minutes}", merchant_id=merchant, provider=system, received_at=at)
        )
    storage.transact(inbound.keep_once, callback(digest="d0"))
    assert storage.transact(inbound.last_at, HOUSE, "scripted") == NOON + timedelta(minutes=1)

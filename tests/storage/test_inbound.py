from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlmodel import select

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


def keep(storage: Storage, number: int, **changes: Any) -> None:
    at = NOON + timedelta(minutes=number)
    assert storage.transact(inbound.keep_once, callback(**{"digest": f"d{number}", "received_at": at, **changes}))


def numbers(storage: Storage) -> list[str]:
    return storage.transact(lambda session: sorted(session.exec(select(Inbound.digest)).all()))


def test_the_last_callback_of_one_merchants_system_is_told(storage: Storage) -> None:
    payment = enter(storage)
    assert storage.transact(inbound.last_at, HOUSE, "scripted") is None
    keep(storage, 1, payment_id=payment.id)
    keep(storage, 2, payment_id=payment.id, merchant_id=OTHER_MERCHANT)
    keep(storage, 3, payment_id=payment.id, provider="another")
    keep(storage, 4)
    keep(storage, 0, payment_id=payment.id)
    assert storage.transact(inbound.last_at, HOUSE, "scripted") == NOON + timedelta(minutes=1)


def test_a_callback_about_nobody_is_found_again_by_its_systems_reference(storage: Storage) -> None:
    payment = enter(storage)
    keep(storage, 1)
    keep(storage, 2, reference="R2")
    keep(storage, 3, provider="another")
    keep(storage, 4, merchant_id=OTHER_MERCHANT)
    keep(storage, 5, payment_id=payment.id)
    keep(storage, 6, reference="")
    found = storage.transact(inbound.strays, HOUSE, "scripted", "R1")
    assert [one.digest for one in found] == ["d1"]
    assert storage.transact(inbound.strays, HOUSE, "scripted", "") == []


def test_old_callbacks_go_but_the_last_of_each_system_stays(storage: Storage) -> None:
    payment = enter(storage)
    for number in (1, 2):
        keep(storage, number, payment_id=payment.id)
    keep(storage, 3, payment_id=payment.id, provider="another")
    keep(storage, 4)
    keep(storage, 9)
    before, strays_before = NOON + timedelta(hours=1), NOON + timedelta(minutes=9)
    storage.transact(lambda session: inbound.clear(session, before=before, strays_before=strays_before))
    assert numbers(storage) == ["d2", "d3", "d9"]

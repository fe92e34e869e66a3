"""A receipt as it is drawn: in both languages, with whatever a shop and a cashier typed."""

import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from bot.payments.receipts import Slip, Standing, plain_code
from bot.texts import LANGUAGES, Voice
from bot.ui import receipt_image, receipt_pdf
from bot.ui.slip import Sheet, grouped, sheet, veiled, verdict
from storage.models import Merchant
from tests.books import NOON, draft

URL = "https://t.me/guichet_bot?start=receipt_K7QX9M2TDR4P"
LONG = "Établissements Ngono & Fils, matériaux de construction et électroménager du rond-point Deïdo"


def slip(standing: Standing = Standing.GOOD, name: str = "Chez Awa", **changes: Any) -> Slip:
    merchant = Merchant(id=1, name=name, country="CM", timezone="Africa/Douala", language="fr", created_at=NOON)
    values = {"operator_reference": "1880106956", "reference": "bcedde9b-62a7-4421-96ac-2e6179552a1a", **changes}
    payment = draft(id="7K3Q9X2MTD", settled_at=NOON, **values)
    return Slip("K7QX9M2TDR4P", payment, merchant, "CamPay", standing, NOON + timedelta(hours=1), "")


def written(language: str, one: Slip) -> Sheet:
    return sheet(Voice(language, "Africa/Douala"), one, "guichet_bot")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "one",
    [
        slip(),
        slip(Standing.GIVING_BACK, LONG, amount=45_000_000, description="ciment 🧱 " * 12, msisdn=""),
        slip(Standing.DOUBTED, "🛒", description="A" * 120, channel="link", msisdn=""),
    ],
)
def test_a_receipt_becomes_a_picture_and_a_page_whatever_stands_on_it(language: str, one: Slip) -> None:
    said = written(language, one)
    width, height = Image.open(io.BytesIO(receipt_image.picture(said, URL))).size
    assert (width, 1200 < height < 2600) == (1080, True)
    assert receipt_pdf.document(said, URL, language, NOON).count(b"/Type /Page\n") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_a_receipt_that_holds_looks_good(language: str) -> None:
    stamps = {standing: written(language, slip(standing)) for standing in Standing}
    assert [standing for standing, one in stamps.items() if one.good] == [Standing.GOOD]
    assert len({one.stamp for one in stamps.values()}) == len(Standing)
    assert len({verdict(Voice(language, "UTC"), slip(standing)) for standing in Standing}) == len(Standing)


def test_it_shows_the_shop_s_time_and_half_of_the_phone() -> None:
    said = dict(written("fr", slip(msisdn="237677123456")).rows)
    assert said["Date"] == "20 nov. 2026, 13:00:00 (UTC+01:00)"
    assert said["De"] == "677•••456"
    assert "237677123456" not in str(said)


def test_signs_without_a_shape_leave_no_empty_boxes() -> None:
    assert receipt_image.drawable("Chez 🛒 Awa, Ngɔ́n & Łódź") == "Chez Awa, Ngɔ́n & Łódź"


@pytest.mark.parametrize(
    ("msisdn", "shown"), [("237677123456", "677•••456"), ("254712345678", "712•••678"), ("nobody", "")]
)
def test_a_phone_is_half_hidden(msisdn: str, shown: str) -> None:
    assert veiled(msisdn) == shown


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("K7QX-9M2T-DR4P", "K7QX9M2TDR4P"),
        (" k7qx 9m2t\u2011dr4p ", "K7QX9M2TDR4P"),
        ("K7QX9M2TDR4", ""),
        ("K7QX9M2TDR4PX", ""),
        ("K7QX9M2TDR0P", ""),
        ("", ""),
    ],
)
def test_a_code_is_read_as_people_copy_it(typed: str, code: str) -> None:
    assert plain_code(typed) == code
    assert plain_code(grouped(code)) == code

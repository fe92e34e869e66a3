"""SauriPay, 19 African countries: the Unipesa family's wire with SauriPay's catalogue.

Its page was read on 2026-11-21 and is an edition of https://docs-unipesa-io.pages.dev, a sister of
https://docs.almarapay.net. It prints no host: SAURIPAY_BASE_URL comes from the account manager.

Quirks
* Ids are handed out to each merchant (SAURIPAY_PROVIDER_IDS); the catalogue tells what each of the 110 listed is.
  Many limits are printed without saying for which id: then the tightest hold, until SAURIPAY_LIMITS says better.
* Provider 14 is a simulator that never ends by itself and never calls back: a payment over it stays in progress
  until a person gives it up.
* Refusals come with HTTP 200 and a code in `result`. Only 10105 and 10401 are known to come before anything was
  created; after any other, the order may exist. The codes for limits and missing extras are not documented.
* `order_id` is the idempotency key, and a repeat brings the first answer again, so news comes from /status alone.
* No answer tells an amount, a currency or a direction. Only a callback does, the currency rarely: so it is there
  that they are compared with the payment.
* The page to open appears in a later status answer, not in the reply to the order.
* The section "Confirmation Types" is in no edition, so `confirm_type` other than 0 ends in doubt.
* No balance, no refund, no rate.

Another brand is a class like the one below with a catalogue of its own.
"""

from datetime import timedelta

from providers.catalogue.unipesa import SAURIPAY
from providers.sheet import Coverage, Pace, Sheet
from providers.unipesa import STATUS, Unipesa

__all__ = ["STATUS", "SauriPay"]


class SauriPay(Unipesa):
    name = "sauripay"
    catalogue = SAURIPAY
    sheet = Sheet(
        title="SauriPay",
        coverage=tuple(Coverage(*country) for country in SAURIPAY.served()),
        pace=Pace(first=timedelta(seconds=3), closest=timedelta(seconds=5)),
        finds_lost=True,
    )

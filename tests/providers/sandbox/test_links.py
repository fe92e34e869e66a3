"""Payment links: the request, the page, the way back."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from providers.sandbox import Settings
from tests.providers.sandbox.desk import MTN, Desk, desk

ORDER = {
    "amount": "20", "currency": "XAF", "description": "Shoes & <socks>", "external_reference": "one",
    "first_name": "Awa", "email": "awa@example.com", "redirect_url": "https://shop.example/thanks?cart=3",
    "failure_redirect_url": "https://shop.example/sorry", "payment_options": "MOMO", "payer_can_pay_more": "no",
}  # fmt: skip


async def link(at: Desk, **changes: Any) -> httpx.Response:
    return await at.post("/api/get_payment_link/", {**ORDER, **changes})


async def test_a_link_is_paid_in_a_browser_and_leads_back_to_the_shop() -> None:
    async with desk() as at:
        answer = (await link(at)).json()
        assert answer["link"].startswith(f"{at.box.url}/pay/")
        page = await at.http.get(answer["link"])
        assert "20 XAF" in page.text
        assert "Shoes &amp; &lt;socks&gt;" in page.text
        sent = await at.http.post(answer["link"], data={"phone": "671 00 01 01"}, follow_redirects=True)
        assert "asks on <b>237671000101</b>" in sent.text
        at.box.phones.approve(MTN, "1234")
        back = await at.http.get(answer["link"])
        url = urlsplit(back.headers["location"])
        assert (back.status_code, url.netloc, url.path) == (302, "shop.example", "/thanks")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        assert len(query.pop("operator_reference")) == 11
        assert query == {
            "cart": "3", "status": "successful", "reference": answer["reference"], "external_reference": "one",
            "operator": "MTN", "reason": "",
        }  # fmt: skip


async def test_the_reference_of_a_link_has_a_transaction_once_the_payer_starts() -> None:
    async with desk() as at:
        answer = await link(at)
        path = f"/api/transaction/{answer.json()['reference']}/"
        assert (await at.http.get(path)).status_code == 404
        await at.http.post(answer.json()["link"], data={"phone": MTN})
        record = await at.record(answer)
        assert (record["status"], record["endpoint"], record["amount"]) == ("PENDING", "collect", "20.00")
        assert (record["extra_first_name"], record["extra_last_name"], record["extra_email"]) == (
            "Awa", "", "awa@example.com",
        )  # fmt: skip
        assert (record["redirect_url"], record["external_reference"]) == (ORDER["redirect_url"], "one")


@pytest.mark.parametrize(("silent", "reason"), [(True, "timeout"), (False, "failed")])
async def test_a_payment_that_fails_leads_to_the_other_page(silent: bool, reason: str) -> None:
    async with desk() as at:
        url = (await link(at)).json()["link"]
        await at.http.post(url, data={"phone": MTN})
        if silent:
            await at.after(120)
        else:
            at.box.phones.decline(MTN)
        back = (await at.http.get(url)).headers["location"]
        assert back.startswith("https://shop.example/sorry?status=failed&")
        assert back.endswith(f"reason={reason}")


async def test_two_taps_on_pay_are_one_payment() -> None:
    async with desk() as at:
        url = (await link(at)).json()["link"]
        assert [(await at.http.post(url, data={"phone": MTN})).status_code for _ in range(2)] == [303, 303]
        assert len(at.box.phones.prompts(MTN)) == 1


async def test_the_page_says_what_is_wrong_with_a_phone() -> None:
    async with desk() as at:
        url = (await link(at)).json()["link"]
        page = await at.http.post(url, data={"phone": "123"})
        assert page.status_code == 400
        assert "Invalid phone number" in page.text
        assert at.box.ledger.entries() == []


async def test_a_payer_may_give_more_and_never_less_where_the_shop_allows_it() -> None:
    async with desk() as at:
        url = (await link(at, payer_can_pay_more="yes")).json()["link"]
        assert (await at.http.post(url, data={"phone": MTN, "amount": "19"})).status_code == 400
        assert (await at.http.post(url, data={"phone": MTN, "amount": "23"})).status_code == 303
        assert at.box.phones.prompts(MTN)[0].amount == 23
        fixed = (await link(at)).json()["link"]
        await at.http.post(fixed, data={"phone": MTN, "amount": "23"})
        assert at.box.phones.prompts(MTN)[1].amount == 20


async def test_a_known_phone_is_filled_in() -> None:
    async with desk() as at:
        url = (await link(at, **{"from": MTN})).json()["link"]
        assert f'value="{MTN}"' in (await at.http.get(url)).text


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/",
        "http://127.0.0.1/x",
        "http://192.168.1.7/",
        "http://[::1]/",
        "shop.example",
        "ftp://a.b/",
    ],
)
async def test_a_return_page_that_the_payer_could_not_reach_is_refused(url: str) -> None:
    async with desk() as at:
        for name in ("redirect_url", "failure_redirect_url"):
            reply = await link(at, **{name: url})
            assert (reply.status_code, reply.json()["message"]) == (400, "Invalid redirect_url")


async def test_a_return_page_of_this_machine_passes_where_told() -> None:
    async with desk(Settings.instant(campay={"local_redirects": True})) as at:
        assert (await link(at, redirect_url="http://localhost:3000/")).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [{"amount": "5.5"}, {"amount": "26"}, {"redirect_url": ""}, {"description": ""}, {"payment_options": "CASH"},
     {"from": "123"}],
)  # fmt: skip
async def test_a_link_is_checked_when_it_is_asked_for(changes: dict[str, str]) -> None:
    async with desk() as at:
        assert (await link(at, **changes)).status_code == 400


async def test_an_unknown_link_is_a_page_that_says_so() -> None:
    async with desk() as at:
        for reply in (await at.http.get("/pay/x/"), await at.http.post("/pay/x/", data={"phone": MTN})):
            assert reply.status_code == 404
            assert "No such payment link" in reply.text


async def test_a_payer_who_cancels_is_sent_to_the_other_page_and_the_link_stays_open() -> None:
    async with desk() as at:
        answer = (await link(at)).json()
        left = await at.http.post(answer["link"], data={"action": "cancel"})
        back = urlsplit(left.headers["location"])
        assert (left.status_code, back.path) == (303, "/sorry")
        assert dict(parse_qsl(back.query)) == {
            "status": "failed", "reference": answer["reference"], "external_reference": "one", "reason": "failed",
        }  # fmt: skip
        assert at.box.ledger.entries() == []
        await at.http.post(answer["link"], data={"phone": MTN})
        await at.http.post(answer["link"], data={"action": "cancel"})  # the phone has been asked: it decides
        assert [entry.state for entry in at.box.ledger.entries()] == ["pending"]

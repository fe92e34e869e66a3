"""What Telegram refuses, in Telegram's words: one sentence per refusal."""

from typing import Any

import httpx
import pytest

from bot.demo import LocalTelegram, User
from bot.demo.strict import NOT_MODIFIED
from tests.bot.demo.conftest import Call


@pytest.fixture
def ada(telegram: LocalTelegram) -> User:
    user = telegram.add_user("Ada")
    telegram.start(user)
    return user


async def refused(call: Call, method: str, **arguments: Any) -> tuple[int, str]:
    answer = await call(method, **arguments)
    assert not answer["ok"], answer
    return answer["error_code"], answer["description"]


async def card(call: Call, ada: User, **more: Any) -> int:
    answer = await call("sendMessage", chat_id=ada.id, text="card", **more)
    number: int = answer["result"]["message_id"]
    return number


async def test_an_unknown_method_is_not_found(call: Call) -> None:
    assert await refused(call, "sendMoney") == (404, "Not Found")


async def test_a_wrong_token_is_unauthorized(telegram: LocalTelegram) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{telegram.url}/bot1:wrong/getMe")
    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


BAD_SENDS: list[tuple[str, dict[str, Any], str]] = [
    ("an empty text", {"text": ""}, "message text is empty"),
    ("a text of spaces", {"text": " \n "}, "message text is empty"),
    ("tags around nothing", {"text": "<b> </b>", "parse_mode": "HTML"}, "message text is empty"),
    ("a text that is too long", {"text": "x" * 4097}, "message is too long"),
    (
        "an unknown tag",
        {"text": "é<x>", "parse_mode": "HTML"},
        'can\'t parse entities: Unsupported start tag "x" at byte offset 2',
    ),
    ("an unknown parse mode", {"text": "x", "parse_mode": "rtf"}, "unsupported parse_mode"),
    ("a reply to nothing", {"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
    ("a markup that is a list", {"text": "x", "reply_markup": []}, "object expected as reply markup"),
    ("a broken markup", {"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
]


@pytest.mark.parametrize(("arguments", "words"), [case[1:] for case in BAD_SENDS], ids=[case[0] for case in BAD_SENDS])
async def test_a_message_is_refused_for(call: Call, ada: User, arguments: dict[str, Any], words: str) -> None:
    assert await refused(call, "sendMessage", chat_id=ada.id, **arguments) == (400, f"Bad Request: {words}")


def wrong_url(url: str, words: str = "Wrong HTTP URL") -> str:
    return f"inline keyboard button URL '{url}' is invalid: {words}"


TEXT_BUTTON = "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
BAD_BUTTONS: list[tuple[dict[str, str], str]] = [
    ({"text": "x", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
    ({"text": "x", "callback_data": ""}, TEXT_BUTTON),
    ({"text": "x"}, TEXT_BUTTON),
    ({"callback_data": "x"}, "can't parse inline keyboard button: Can't find field \"text\""),
    ({"text": "x", "url": "http://localhost:8080/pay"}, wrong_url("http://localhost:8080/pay")),
    ({"text": "x", "url": "http://127.0.0.1/pay"}, wrong_url("http://127.0.0.1/pay")),
    ({"text": "x", "url": "https://shop"}, wrong_url("https://shop")),
    ({"text": "x", "url": "ftp://shop.example"}, wrong_url("ftp://shop.example", "Unsupported URL protocol")),
]


@pytest.mark.parametrize(("button", "words"), BAD_BUTTONS, ids=[str(case[0])[:60] for case in BAD_BUTTONS])
async def test_a_button_is_refused(call: Call, ada: User, button: dict[str, str], words: str) -> None:
    markup = {"inline_keyboard": [[button]]}
    answer = await refused(call, "sendMessage", chat_id=ada.id, text="x", reply_markup=markup)
    assert answer == (400, f"Bad Request: {words}")


async def test_64_bytes_of_data_and_4096_characters_are_allowed(call: Call, ada: User) -> None:
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "é" * 32}]]}
    answer = await call("sendMessage", chat_id=ada.id, text="x" * 4096, reply_markup=markup)
    assert answer["ok"]


async def test_more_than_a_hundred_buttons_are_too_many(call: Call, ada: User) -> None:
    rows = [[{"text": "x", "callback_data": "x"}] for _ in range(101)]
    markup = {"inline_keyboard": rows}
    answer = await refused(call, "sendMessage", chat_id=ada.id, text="x", reply_markup=markup)
    assert answer == (400, "Bad Request: reply markup is too long")


async def test_an_edit_to_the_same_is_refused(call: Call, ada: User) -> None:
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    number = await card(call, ada, reply_markup=markup)
    same = {"chat_id": ada.id, "message_id": number, "text": " card ", "reply_markup": markup}
    assert await refused(call, "editMessageText", **same) == (400, f"Bad Request: {NOT_MODIFIED}")
    del same["reply_markup"]
    assert (await call("editMessageText", **same))["ok"], "the same text without buttons takes the buttons away"


async def test_an_edit_of_nothing_is_refused(call: Call, ada: User) -> None:
    answer = await refused(call, "editMessageText", chat_id=ada.id, message_id=999, text="x")
    assert answer == (400, "Bad Request: message to edit not found")


async def test_an_edit_of_a_deleted_message_is_refused(call: Call, ada: User) -> None:
    number = await card(call, ada)
    assert (await call("deleteMessage", chat_id=ada.id, message_id=number))["ok"]
    answer = await refused(call, "editMessageText", chat_id=ada.id, message_id=number, text="x")
    assert answer == (400, "Bad Request: message to edit not found")
    answer = await refused(call, "deleteMessage", chat_id=ada.id, message_id=number)
    assert answer == (400, "Bad Request: message to delete not found")


async def test_a_persons_message_cannot_be_edited(telegram: LocalTelegram, call: Call, ada: User) -> None:
    theirs = telegram.say(ada, telegram.private(ada), "mine")
    answer = await refused(call, "editMessageText", chat_id=ada.id, message_id=theirs.id, text="x")
    assert answer == (400, "Bad Request: message can't be edited")


async def test_a_caption_is_refused_beyond_1024_characters_and_where_there_is_no_picture(
    telegram: LocalTelegram, call: Call, ada: User
) -> None:
    number = await card(call, ada)
    answer = await refused(call, "editMessageCaption", chat_id=ada.id, message_id=number, caption="x")
    assert answer == (400, "Bad Request: there is no caption in the message to edit")
    answer = await refused(call, "editMessageCaption", chat_id=ada.id, message_id=number, caption="x" * 1025)
    assert answer == (400, "Bad Request: message caption is too long")


async def test_a_foreign_message_in_a_group_cannot_be_deleted(telegram: LocalTelegram, call: Call, ada: User) -> None:
    group = telegram.add_group("Admins", [ada])
    theirs = telegram.say(ada, group, "/help")
    answer = await refused(call, "deleteMessage", chat_id=group.id, message_id=theirs.id)
    assert answer == (400, "Bad Request: message can't be deleted")


@pytest.mark.parametrize(("chat_id", "words"), [("", "chat_id is empty"), (123, "chat not found")])
async def test_an_unknown_chat_is_refused(call: Call, chat_id: Any, words: str) -> None:
    assert await refused(call, "sendMessage", chat_id=chat_id, text="x") == (400, f"Bad Request: {words}")


async def test_nobody_is_written_to_before_they_started_the_bot(telegram: LocalTelegram, call: Call) -> None:
    bob = telegram.add_user("Bob")
    answer = await refused(call, "sendMessage", chat_id=bob.id, text="x")
    assert answer == (403, "Forbidden: bot can't initiate conversation with a user")


async def test_nobody_is_written_to_who_blocked_the_bot(telegram: LocalTelegram, call: Call, ada: User) -> None:
    telegram.block(ada)
    answer = await refused(call, "sendMessage", chat_id=ada.id, text="x")
    assert answer == (403, "Forbidden: bot was blocked by the user")
    telegram.unblock(ada)
    assert (await call("sendMessage", chat_id=ada.id, text="x"))["ok"]


async def test_a_group_that_threw_the_bot_out_is_closed(telegram: LocalTelegram, call: Call, ada: User) -> None:
    group = telegram.add_group("Admins", [ada])
    telegram.kick_bot(group, ada)
    answer = await refused(call, "sendMessage", chat_id=group.id, text="x")
    assert answer == (403, "Forbidden: bot was kicked from the group chat")


async def test_a_group_the_bot_left_is_closed(telegram: LocalTelegram, call: Call, ada: User) -> None:
    group = telegram.add_group("Admins", [ada])
    assert (await call("leaveChat", chat_id=group.id))["ok"]
    answer = await refused(call, "sendMessage", chat_id=group.id, text="x")
    assert answer == (403, "Forbidden: bot is not a member of the group chat")


async def test_an_upgraded_group_names_its_new_id(telegram: LocalTelegram, call: Call, ada: User) -> None:
    group = telegram.add_group("Admins", [ada])
    successor = telegram.upgrade(group)
    answer = await call("sendMessage", chat_id=group.id, text="x")
    assert answer["error_code"] == 400
    assert answer["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    assert answer["parameters"] == {"migrate_to_chat_id": successor.id}
    assert (await call("sendMessage", chat_id=successor.id, text="x"))["result"]["message_id"] == 2


TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def test_a_query_is_answered_once(telegram: LocalTelegram, call: Call, ada: User) -> None:
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    await card(call, ada, reply_markup=markup)
    tap = telegram.press(ada, telegram.last(telegram.private(ada)), "x")
    assert (await call("answerCallbackQuery", callback_query_id=tap.id))["ok"]
    assert await refused(call, "answerCallbackQuery", callback_query_id=tap.id) == (400, TOO_OLD)
    assert await refused(call, "answerCallbackQuery", callback_query_id="12") == (400, TOO_OLD)


async def test_an_answer_is_short(call: Call) -> None:
    answer = await refused(call, "answerCallbackQuery", callback_query_id="1", text="x" * 201)
    assert answer == (400, "Bad Request: MESSAGE_TOO_LONG")


BAD_COMMANDS: list[tuple[list[dict[str, str]], str]] = [
    ([{"command": "Pay", "description": "x"}], "BOT_COMMAND_INVALID"),
    ([{"command": "payé", "description": "x"}], "BOT_COMMAND_INVALID"),
    ([{"command": "x" * 33, "description": "x"}], "command length must not exceed 32"),
    ([{"command": "", "description": "x"}], "command must be non-empty"),
    ([{"command": "pay", "description": ""}], "command description must be non-empty"),
    ([{"command": "pay", "description": "x" * 257}], "command description length must not exceed 256"),
    ([{"command": "pay", "description": "x"}] * 101, "BOT_COMMANDS_TOO_MUCH"),
]


@pytest.mark.parametrize(("commands", "words"), BAD_COMMANDS, ids=[case[1] for case in BAD_COMMANDS])
async def test_a_command_list_is_refused(call: Call, commands: list[dict[str, str]], words: str) -> None:
    assert await refused(call, "setMyCommands", commands=commands) == (400, f"Bad Request: {words}")


async def test_a_picture_must_be_one(telegram: LocalTelegram, call: Call, ada: User) -> None:
    async with httpx.AsyncClient(base_url=f"{telegram.url}/bot{telegram.token}/", timeout=30) as client:
        answer = await client.post("sendPhoto", data={"chat_id": ada.id}, files={"photo": ("a.png", b"no picture")})
        assert answer.json()["description"] == "Bad Request: IMAGE_PROCESS_FAILED"
        answer = await client.post("sendDocument", data={"chat_id": ada.id}, files={"document": ("a.txt", b"")})
        assert answer.json()["description"] == "Bad Request: file must be non-empty"
        answer = await client.post("sendDocument", data={"chat_id": ada.id})
        assert answer.json()["description"] == "Bad Request: there is no document in the request"
        answer = await client.post("sendDocument", data={"chat_id": ada.id, "document": "unknown"})
        assert answer.json()["description"] == "Bad Request: wrong file identifier/HTTP URL specified"


async def test_an_unknown_file_and_an_unknown_action_are_refused(call: Call, ada: User) -> None:
    assert await refused(call, "getFile", file_id="nope") == (400, "Bad Request: invalid file_id")
    answer = await refused(call, "sendChatAction", chat_id=ada.id, action="dancing")
    assert answer == (400, "Bad Request: wrong parameter action in request")

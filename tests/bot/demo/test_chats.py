"""Groups, menus and files, as python-telegram-bot sees them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    BotCommandScopeChatMember,
)

from bot.demo import LocalTelegram, User
from tests.bot.demo.conftest import Call
from tests.bot.demo.shop import picture


@pytest.fixture
def ada(telegram: LocalTelegram) -> User:
    user = telegram.add_user("Ada", "fr")
    telegram.start(user)
    return user


@pytest.fixture
async def bot(telegram: LocalTelegram) -> AsyncIterator[Bot]:
    async with Bot(telegram.token, f"{telegram.url}/bot", f"{telegram.url}/file/bot") as bot:
        yield bot


async def heard(call: Call) -> list[str]:
    updates = (await call("getUpdates"))["result"]
    return [update["message"].get("text", "") for update in updates if "message" in update]


async def test_in_a_group_the_bot_hears_commands_replies_and_mentions(
    telegram: LocalTelegram, call: Call, ada: User
) -> None:
    group = telegram.add_group("Admins", [ada])
    await call("sendMessage", chat_id=group.id, text="How much?")
    question = telegram.last(group)
    for text in ("good morning", "/balance", "/balance@other_bot", "/pay@guichet_bot 5", "hey @guichet_bot"):
        telegram.say(ada, group, text)
    telegram.say(ada, group, "5000", reply_to=question)
    wanted = ["/start", "/balance", "/pay@guichet_bot 5", "hey @guichet_bot", "5000"]
    assert await heard(call) == wanted
    telegram.make_bot_admin(group, ada)
    telegram.say(ada, group, "now you hear me")
    assert (await heard(call))[-1] == "now you hear me"


async def test_an_upgrade_is_told_in_both_chats(telegram: LocalTelegram, call: Call, ada: User) -> None:
    group = telegram.add_group("Admins", [ada])
    successor = telegram.upgrade(group)
    told = [update["message"] for update in (await call("getUpdates"))["result"] if "message" in update][-2:]
    assert told[0]["migrate_to_chat_id"] == successor.id
    assert told[1]["migrate_from_chat_id"] == group.id
    assert told[1]["chat"] == {"id": successor.id, "type": "supergroup", "title": "Admins"}
    assert str(successor.id).startswith("-100")


async def test_the_bot_is_told_when_it_is_blocked_and_added(telegram: LocalTelegram, call: Call, ada: User) -> None:
    telegram.add_group("Admins", [ada])
    telegram.block(ada)
    updates = (await call("getUpdates"))["result"]
    changes = [update["my_chat_member"] for update in updates if "my_chat_member" in update]
    statuses = [(change["old_chat_member"]["status"], change["new_chat_member"]["status"]) for change in changes]
    assert statuses == [("left", "member"), ("member", "kicked")]


async def test_the_bot_knows_itself_and_its_chats(telegram: LocalTelegram, bot: Bot, ada: User) -> None:
    bob = telegram.add_user("Bob")
    group = telegram.add_group("Admins", [ada, bob])
    assert (await bot.get_me()).username == "guichet_bot"
    assert (await bot.get_chat(group.id)).title == "Admins"
    assert (await bot.get_chat(ada.id)).first_name == "Ada"
    assert [member.user.id for member in await bot.get_chat_administrators(group.id)] == [ada.id]
    assert (await bot.get_chat_member(group.id, bob.id)).status == "member"
    assert (await bot.get_chat_member(group.id, bot.id)).status == "member"
    assert await bot.get_chat_member_count(group.id) == 3
    assert (await bot.get_webhook_info()).url == ""


async def test_the_narrowest_menu_wins_and_the_language_before_none(
    telegram: LocalTelegram, bot: Bot, ada: User
) -> None:
    bob = telegram.add_user("Bob", "en")
    group = telegram.add_group("Admins", [ada, bob])

    async def menu(name: str, **where: Any) -> None:
        await bot.set_my_commands([BotCommand(name, name)], **where)

    def seen(user: User, chat: Any) -> str:
        commands = telegram.commands(user, chat)
        return str(commands[0]["command"]) if commands else ""

    assert seen(ada, group) == ""
    await menu("default")
    await menu("defaut", language_code="fr")
    assert (seen(ada, group), seen(bob, group)) == ("defaut", "default")
    await menu("groups", scope=BotCommandScopeAllGroupChats())
    await menu("private", scope=BotCommandScopeAllPrivateChats())
    assert (seen(ada, group), seen(ada, telegram.private(ada))) == ("groups", "private")
    await menu("chat", scope=BotCommandScopeChat(group.id))
    await menu("admins", scope=BotCommandScopeChatAdministrators(group.id))
    assert (seen(ada, group), seen(bob, group)) == ("admins", "chat")
    await menu("bob", scope=BotCommandScopeChatMember(group.id, bob.id))
    assert seen(bob, group) == "bob"
    assert [command.command for command in await bot.get_my_commands(language_code="fr")] == ["defaut"]
    await bot.delete_my_commands(scope=BotCommandScopeChatMember(group.id, bob.id))
    assert seen(bob, group) == "chat"


async def test_descriptions_are_kept_by_language(bot: Bot) -> None:
    await bot.set_my_description("The counter is open.")
    await bot.set_my_description("Le guichet est ouvert.", language_code="fr")
    await bot.set_my_short_description("A counter")
    assert (await bot.get_my_description("fr")).description == "Le guichet est ouvert."
    assert (await bot.get_my_description("en")).description == "The counter is open."
    assert (await bot.get_my_short_description()).short_description == "A counter"


async def test_a_file_goes_both_ways(telegram: LocalTelegram, bot: Bot, ada: User) -> None:
    sent = await bot.send_document(ada.id, b"a;b\n", filename="paie.csv", caption="<b>Paie</b>", parse_mode="HTML")
    assert sent.document
    assert (sent.document.file_name, sent.document.mime_type, sent.caption) == ("paie.csv", "text/csv", "Paie")
    assert bytes(await (await sent.document.get_file()).download_as_bytearray()) == b"a;b\n"
    again = await bot.send_document(ada.id, sent.document.file_id)
    assert again.document == sent.document
    theirs = telegram.send_document(ada, telegram.private(ada), "liste.csv", b"c;d\n")
    file = await bot.get_file(theirs.media["document"]["file_id"])
    assert bytes(await file.download_as_bytearray()) == b"c;d\n"


async def test_a_picture_has_its_size_and_its_caption_can_be_edited(
    telegram: LocalTelegram, bot: Bot, ada: User
) -> None:
    sent = await bot.send_photo(ada.id, picture(64, 32), caption="before")
    assert [(size.width, size.height) for size in sent.photo] == [(64, 32)]
    await bot.edit_message_caption(ada.id, sent.message_id, caption="after")
    assert telegram.last(telegram.private(ada)).text == "after"


async def test_files_need_the_token(telegram: LocalTelegram) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        assert (await client.get(f"{telegram.url}/file/bot1:x/documents/file_0.csv")).status_code == 401
        there = f"{telegram.url}/file/bot{telegram.token}/documents/none"
        assert (await client.get(there)).status_code == 404


async def test_every_way_to_pass_arguments_is_read(telegram: LocalTelegram, ada: User) -> None:
    base = f"{telegram.url}/bot{telegram.token}"
    async with httpx.AsyncClient(timeout=30) as client:
        answers = [
            await client.get(f"{base}/SendMessage", params={"chat_id": ada.id, "text": "query"}),
            await client.post(f"{base}/sendMessage", data={"chat_id": str(ada.id), "text": "form"}),
            await client.post(f"{base}/sendMessage", json={"chat_id": ada.id, "text": "json"}),
            await client.post(
                f"{base}/sendDocument",
                data={"chat_id": str(ada.id), "caption": "multipart", "document": "attach://here"},
                files={"here": ("a.txt", b"x")},
            ),
        ]
    assert [answer.json()["ok"] for answer in answers] == [True] * 4
    said = [message.text for message in telegram.messages(telegram.private(ada), telegram.bot)]
    assert said == ["query", "form", "json", "multipart"]


async def test_only_an_administrator_pins_in_a_group_and_a_service_message_tells_of_it(
    telegram: LocalTelegram, call: Call, ada: User
) -> None:
    group = telegram.add_group("Admins", [ada])
    first, second = [(await call("sendMessage", chat_id=group.id, text=text))["result"]["message_id"] for text in "ab"]
    refused = await call("pinChatMessage", chat_id=group.id, message_id=first)
    assert refused["description"] == "Bad Request: not enough rights to manage pinned messages in the chat"
    telegram.make_bot_admin(group, ada)
    for number in (first, second):
        assert (await call("pinChatMessage", chat_id=group.id, message_id=number))["result"] is True
    assert telegram.last(group).media["pinned_message"]["message_id"] == second
    assert group.pinned == [first, second]
    assert (await call("unpinChatMessage", chat_id=group.id))["result"] is True
    assert group.pinned == [first]
    gone = await call("unpinChatMessage", chat_id=group.id, message_id=second)
    assert gone["description"] == "Bad Request: message to unpin not found"
    missing = await call("pinChatMessage", chat_id=group.id, message_id=999)
    assert missing["description"] == "Bad Request: message to pin not found"


async def test_only_a_forum_has_topics_and_only_who_may_manage_them_makes_one_or_writes_in_a_closed_one(
    telegram: LocalTelegram, call: Call, ada: User
) -> None:
    async def refused(method: str, **arguments: Any) -> str:
        return str((await call(method, chat_id=forum.id, **arguments)).get("description"))

    forum = telegram.add_group("Admins", [ada], kind="supergroup")
    assert await refused("createForumTopic", name="In") == "Bad Request: the chat is not a forum"
    assert telegram.make_forum(forum) is forum
    telegram.make_bot_admin(forum, ada, without="can_manage_topics")
    assert await refused("createForumTopic", name="In") == "Bad Request: not enough rights to create a topic"
    telegram.make_bot_admin(forum, ada)
    thread = (await call("createForumTopic", chat_id=forum.id, name="In"))["result"]["message_thread_id"]
    sent = (await call("sendMessage", chat_id=forum.id, text="a", message_thread_id=thread))["result"]
    assert (sent["message_thread_id"], sent["is_topic_message"], sent["chat"]["is_forum"]) == (thread, True, True)
    assert sent["reply_to_message"]["forum_topic_created"]["name"] == "In"
    reply = {"message_id": sent["message_id"]}
    answered = (await call("sendMessage", chat_id=forum.id, text="b", reply_parameters=reply))["result"]
    assert answered["message_thread_id"] == thread
    topic = telegram.topic(forum, "In")
    telegram.close_topic(forum, topic, ada)
    telegram.make_bot_admin(forum, ada, without="can_manage_topics")
    assert await refused("sendMessage", text="c", message_thread_id=thread) == "Bad Request: TOPIC_CLOSED"
    telegram.make_bot_admin(forum, ada)
    assert (await call("reopenForumTopic", chat_id=forum.id, message_thread_id=thread))["result"] is True
    telegram.delete_topic(forum, topic)
    gone = "Bad Request: message thread not found"
    assert await refused("sendMessage", text="d", message_thread_id=thread) == gone
    assert await refused("sendChatAction", action="typing", message_thread_id=thread) == gone

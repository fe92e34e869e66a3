"""The bot's command menus and its descriptions."""

import re
from typing import Any

from bot.demo.arguments import Arguments
from bot.demo.menus import Scope
from bot.demo.people import Json
from bot.demo.refusals import bad_request
from bot.demo.world import World

MOST_COMMANDS = 100
SCOPES_WITH_CHAT = ("chat", "chat_administrators", "chat_member")
SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators", *SCOPES_WITH_CHAT)


async def set_my_commands(world: World, arguments: Arguments) -> bool:
    commands = arguments.json("commands", "can't parse commands JSON object") or []
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.menus.set(_scope(world, arguments), _language(arguments), [_command(item) for item in commands])
    world.feed.publish("menu")
    return True


async def get_my_commands(world: World, arguments: Arguments) -> list[Json]:
    return world.menus.get(_scope(world, arguments), _language(arguments))


async def delete_my_commands(world: World, arguments: Arguments) -> bool:
    world.menus.delete(_scope(world, arguments), _language(arguments))
    world.feed.publish("menu")
    return True


async def set_my_description(world: World, arguments: Arguments) -> bool:
    return _describe(world, arguments, "description", 512)


async def set_my_short_description(world: World, arguments: Arguments) -> bool:
    return _describe(world, arguments, "short_description", 120)


async def set_my_name(world: World, arguments: Arguments) -> bool:
    return _describe(world, arguments, "name", 64)


async def get_my_description(world: World, arguments: Arguments) -> Json:
    return _described(world, arguments, "description")


async def get_my_short_description(world: World, arguments: Arguments) -> Json:
    return _described(world, arguments, "short_description")


async def get_my_name(world: World, arguments: Arguments) -> Json:
    found = _described(world, arguments, "name")
    return found if found["name"] else {"name": world.bot.first_name}


def _describe(world: World, arguments: Arguments, name: str, longest: int) -> bool:
    text = arguments.text(name)
    if len(text) > longest:
        raise bad_request(f"BOT_{name.upper()}_TOO_LONG")
    world.profile[name, _language(arguments)] = text
    world.feed.publish("menu")
    return True


def _described(world: World, arguments: Arguments, name: str) -> Json:
    language = _language(arguments)
    return {name: world.profile.get((name, language)) or world.profile.get((name, ""), "")}


def _command(value: Any) -> Json:
    if not isinstance(value, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    for name in ("command", "description"):
        if not isinstance(value.get(name), str):
            raise bad_request(f"can't parse BotCommand: Can't find field \"{name}\"")
    name, description = value["command"].strip().removeprefix("/"), value["description"].strip()
    if not name:
        raise bad_request("command must be non-empty")
    if len(name) > 32:
        raise bad_request("command length must not exceed 32")
    if not description:
        raise bad_request("command description must be non-empty")
    if len(description) > 256:
        raise bad_request("command description length must not exceed 256")
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise bad_request("BOT_COMMAND_INVALID")
    return {"command": name, "description": description}


def _scope(world: World, arguments: Arguments) -> Scope:
    value = arguments.json("scope", "can't parse BotCommandScope JSON object") or {"type": "default"}
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    if kind not in SCOPES_WITH_CHAT:
        return Scope(kind)
    chat_id, user_id = int(value.get("chat_id") or 0), int(value.get("user_id") or 0)
    if chat_id not in world.chats:
        raise bad_request("chat not found")
    if kind == "chat_member" and user_id not in world.users:
        raise bad_request("user not found")
    return Scope(kind, chat_id, user_id)


def _language(arguments: Arguments) -> str:
    code = arguments.text("language_code")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("LANG_CODE_INVALID" if len(code) == 2 else "invalid language code specified")
    return code

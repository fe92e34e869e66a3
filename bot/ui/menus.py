"""The command menu: each member's own, by role and language. Strangers have none."""

from collections.abc import Sequence
from typing import Protocol

import structlog
from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import TelegramError

from bot.payments.approvals import Right, may
from bot.ui.voices import voice_of
from storage.people import Member

log = structlog.get_logger()


class Entry(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def right(self) -> Right | None: ...
    def name_in(self, language: str) -> str: ...


class Menu:
    def __init__(self, bot: Bot, entries: Sequence[Entry]) -> None:
        self._bot = bot
        self._entries = entries

    def entries_for(self, member: Member) -> list[Entry]:
        return [entry for entry in self._entries if entry.right is None or may(member, entry.right)]

    async def follow(self, person_id: int, member: Member | None) -> None:
        """Whatever somebody has become; None for one who is a stranger now."""
        if member:
            await self.offer(member)
            return
        try:
            await self._bot.delete_my_commands(scope=BotCommandScopeChat(person_id))
        except TelegramError as error:
            log.debug("the menu stays", person=person_id, error=str(error))

    async def offer(self, member: Member) -> None:
        """Cosmetic: rights are checked at each command, and a menu that can't be set is only logged."""
        voice = voice_of(member)
        commands = [
            BotCommand(entry.name_in(voice.language), voice.say(f"command.{entry.name}"))
            for entry in self.entries_for(member)
        ]
        try:
            await self._bot.set_my_commands(commands, scope=BotCommandScopeChat(member.person.id))
        except TelegramError as error:  # before the person's first message there is no chat to set it for
            log.debug("no menu yet", person=member.person.id, error=str(error))

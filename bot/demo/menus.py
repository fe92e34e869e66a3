"""The bot's command lists, and which of them a person sees in a chat."""

from dataclasses import dataclass, field

from bot.demo.people import Chat, Json, User


@dataclass(frozen=True, slots=True)
class Scope:
    """https://core.telegram.org/bots/api#botcommandscope"""

    type: str = "default"
    chat_id: int = 0
    user_id: int = 0


@dataclass(slots=True)
class Menus:
    lists: dict[tuple[Scope, str], list[Json]] = field(default_factory=dict)

    def set(self, scope: Scope, language: str, commands: list[Json]) -> None:
        if commands:
            self.lists[scope, language] = commands
        else:
            self.delete(scope, language)

    def get(self, scope: Scope, language: str) -> list[Json]:
        return self.lists.get((scope, language), [])

    def delete(self, scope: Scope, language: str) -> None:
        self.lists.pop((scope, language), None)

    def seen_by(self, user: User, chat: Chat) -> list[Json]:
        """The first list that exists, narrowest scope first, each in the person's language before without one."""
        choices = (
            self.get(scope, language) for scope in scopes_of(user, chat) for language in (user.language_code[:2], "")
        )
        return next((commands for commands in choices if commands), [])


def scopes_of(user: User, chat: Chat) -> list[Scope]:
    """https://core.telegram.org/bots/api#determining-list-of-commands"""
    if chat.is_private:
        return [Scope("chat", chat.id), Scope("all_private_chats"), Scope()]
    is_admin = chat.members.get(user.id) in ("creator", "administrator")
    scopes = [
        Scope("chat_member", chat.id, user.id),
        Scope("chat_administrators", chat.id) if is_admin else None,
        Scope("chat", chat.id),
        Scope("all_chat_administrators") if is_admin else None,
        Scope("all_group_chats"),
        Scope(),
    ]
    return [scope for scope in scopes if scope]

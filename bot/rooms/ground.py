"""What every room stands on: the settings, the books, the accounts, the way to Telegram."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.commands import COMMANDS
from bot.pace import Pace
from bot.payments.accounts import Accounts
from bot.rooms.chat import Chat, open_chat
from bot.rooms.world import World
from bot.settings import Settings
from bot.ui.easel import Easel
from bot.ui.menus import Menu
from bot.ui.topics import Topics
from storage.engine import Storage
from storage.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Ground:
    settings: Settings
    env: Mapping[str, str]
    world: World
    storage: Storage
    sealer: Sealer
    accounts: Accounts
    pace: Pace
    chat: Chat
    menu: Menu
    easel: Easel
    topics: Topics


def ground(settings: Settings, env: Mapping[str, str], world: World) -> Ground:
    """Raises Misconfigured for an account that is half set."""
    pace = Pace()
    chat = open_chat(settings, world.network, pace)
    books = world.storage(settings.database_url)
    return Ground(
        settings=settings,
        env=env,
        world=world,
        storage=books,
        sealer=Sealer(settings.secret_keys),
        accounts=Accounts.of_house(env, world.now, world.network, prefer=settings.prefer),
        pace=pace,
        chat=chat,
        menu=Menu(chat.bot, COMMANDS),
        easel=Easel(world.draw),
        topics=Topics(chat.bot, books),
    )

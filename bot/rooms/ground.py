"""What every room stands on: the settings, the books, the accounts, the way to Telegram."""

from collections.abc import Mapping
from dataclasses import dataclass

from telegram.request import BaseRequest

from bot.commands import COMMANDS
from bot.pace import Pace
from bot.payments.accounts import Accounts
from bot.rooms.chat import Chat, open_chat, open_line
from bot.rooms.world import World
from bot.settings import Settings
from bot.ui.easel import Easel
from bot.ui.menus import Menu
from bot.ui.topics import Topics
from bot.watch.meters import Meters
from bot.watch.wire import Counted
from providers import discover
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
    line: BaseRequest
    """On which the bot's messages are waited for; the chat opens and closes it."""
    chat: Chat
    menu: Menu
    easel: Easel
    topics: Topics
    meters: Meters


def ground(settings: Settings, env: Mapping[str, str], world: World) -> Ground:
    """Raises Misconfigured for an account that is half set."""
    storage = world.storage(settings.database_url)
    meters = Meters(discover(), storage.engine.dialect.name)
    storage.told = meters.moved
    pace = world.pace()
    line = open_line(lambda: Counted(world.network(), meters), 30)
    chat = open_chat(settings, (line, open_line(lambda: Counted(world.network(), meters), 15)), pace)
    return Ground(
        settings=settings,
        env=env,
        world=world,
        storage=storage,
        sealer=Sealer(settings.secret_keys),
        accounts=Accounts.of_house(env, world.now, world.network, prefer=settings.prefer, observer=meters),
        pace=pace,
        line=line,
        chat=chat,
        menu=Menu(chat.bot, COMMANDS),
        easel=world.easel(),
        topics=Topics(chat.bot, storage),
        meters=meters,
    )

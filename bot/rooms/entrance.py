"""How what people say comes in: asked for, or brought by Telegram; either way over the same desk."""

from starlette.routing import Route

from bot.desk import Desk
from bot.ear import Ear
from bot.hook import Hook
from bot.payments.crew import Tick
from bot.rooms.ground import Ground


class Entrance:
    def __init__(self, on: Ground) -> None:
        self.desk = Desk(on.chat, on.storage, on.sealer, on.world.now)
        self._hook: Hook | None = None
        self._ear: Ear | None = None
        self.ticks: dict[Tick, float] = {self.desk.tick: 1}
        settings = on.settings
        if settings.bot_mode == "webhook":
            secret = settings.telegram_webhook_secret.get_secret_value()
            self._hook = Hook(on.chat.bot, self.desk, settings.public_url, secret)
            self._open = Tick("hook", self._hook.tick)
            self.ticks[self._open] = 30
        else:
            turn = on.storage.turn("messages")
            self._ear = Ear(on.chat.bot, on.line, self.desk, turn)
            self._open = Tick("listen", self._ear.tick)
            self.ticks |= {self._open: 1} if turn else {}

    @property
    def pages(self) -> list[Route]:
        return [self._hook.route()] if self._hook else []

    async def open(self) -> None:
        await self.desk.open()
        await self._open.run()

    async def close(self) -> None:
        await self._open.close()
        if self._ear:
            await self._ear.close()
        await self.desk.close()

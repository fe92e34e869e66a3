"""The ticks that move money and tell of it: send, ask, expire, notify; and the accounts they go through."""

from bot.payments.accounts import Opener
from bot.payments.connections import Connections
from bot.payments.crew import Tick
from bot.payments.dispatch import Dispatch
from bot.payments.expiry import Expiry
from bot.payments.groups import Groups
from bot.payments.health import Health
from bot.payments.polling import Polling
from bot.payments.receipts import Receipts
from bot.payments.routes import Routes
from bot.payments.service import Payments
from bot.payments.strides import EVERY
from bot.rooms.crews import Crews
from bot.rooms.doorbell import Doorbell
from bot.rooms.ground import Ground
from bot.ui.letters import Letters
from bot.ui.notify import Notify


class Works:
    def __init__(self, on: Ground, crews: Crews) -> None:
        world, storage, accounts = on.world, on.storage, on.accounts
        health = Health(world.now)
        routes = Routes(accounts, health, world.now)
        self.payments = Payments(storage, accounts, routes, world.now, world.new_id, self.changed)
        dispatch = Dispatch(storage, accounts, routes, health, crews.dispatch, world.now, world.new_key, self.changed)
        groups = Groups(storage, accounts, dispatch, health, crews.groups, world.now, world.new_key, self.changed)
        self.polling = Polling(storage, accounts, health, crews.poll, world.now, self._looked, lambda: self.poll.wake())
        self.receipts = Receipts(
            storage, accounts, world.now, lambda: (world.new_id() + world.new_id())[:12], on.settings.public_url
        )
        notify = Notify(
            on.chat.bot,
            storage,
            self.payments,
            self.receipts,
            on.topics,
            crews.telling,
            world.now,
            lambda: self._notify.wake(),
        )
        letters = Letters(on.chat.bot, storage, on.menu, crews.letters, world.now)

        self._dispatch = Tick("dispatch", dispatch.tick)
        self._groups = Tick("groups", groups.tick)
        self.poll = Tick("poll", self.polling.tick)
        self._notify = Tick("notify", notify.tick)
        self.letters = Tick("letters", letters.tick)
        self._expire = Tick("expire", Expiry(storage, world.now).tick)
        self.connections = Connections(
            storage,
            accounts,
            Opener(on.env, world.now, world.network, on.meters),
            on.sealer,
            world.now,
            world.new_token,
            self.letters.wake,
            world.learn,
        )
        self._strides = Tick("strides", self.polling.strides.measure)
        self._refresh = Tick("accounts", self.connections.refresh)
        self.doorbell = Doorbell(storage, self._heard)

    @property
    def ticks(self) -> dict[Tick, float]:
        """And the seconds between two of each."""
        each_second = (self._dispatch, self._groups, self.poll, self._notify, self.letters)
        return dict.fromkeys(each_second, 1.0) | {
            self._expire: 5,
            self._refresh: 2,
            self._strides: EVERY.total_seconds(),
        }

    def changed(self) -> None:
        """A payment did: it may have to be sent, and has to be told of."""
        self._wake()
        self.doorbell.ring()

    def hinted(self) -> None:
        """Somebody called back: there is a payment to be asked about."""
        self.poll.wake()
        self.doorbell.ring()

    def _heard(self) -> None:
        """On another instance, whose hands may all be busy."""
        self._wake()
        self.poll.wake()
        self.letters.wake()

    def _wake(self) -> None:
        self._dispatch.wake()
        self._groups.wake()
        self._notify.wake()

    def _looked(self) -> None:
        """A look that brought news leaves a hand free: of a thousand lines the next is looked at now."""
        self.poll.wake()
        self._notify.wake()

    async def close(self) -> None:
        """All but the telling."""
        await self.doorbell.close()
        for tick in (self._dispatch, self._groups, self.poll, self.letters, self._strides, self._refresh):
            await tick.close()

    async def tell_the_rest(self) -> None:
        """What the last replies brought is told before we go."""
        await self._notify.run()

    async def close_telling(self) -> None:
        await self._notify.close()

"""What is done by the clock and moves no money: rounds, closes, boards, reminders, schedules."""

from bot.payments.crew import Tick
from bot.payments.figures import Figures
from bot.payments.privacy import Privacy
from bot.payments.questions import Questions
from bot.payments.reminders import Reminders
from bot.payments.schedules import Schedules
from bot.payments.silence import Callers
from bot.payments.statements import Statements
from bot.rooms.crews import Crews
from bot.rooms.ground import Ground
from bot.rooms.works import Works
from bot.ui.almanac import Almanac
from bot.ui.closes import Closes
from bot.ui.dayboards import Dayboards
from bot.ui.rounds import Rounds


class Chores:
    def __init__(self, on: Ground, crews: Crews, works: Works) -> None:
        world, storage, bot = on.world, on.storage, on.chat.bot
        self.statements = Statements(storage, on.accounts, world.now)
        self.figures = Figures(storage, on.accounts)
        self.questions = Questions(on.accounts)
        self.reminders = Reminders(storage, works.payments, world.now, works.changed)
        self.schedules = Schedules(storage, works.payments, world.now, world.new_id, works.changed)
        self.privacy = Privacy(storage, world.now, works.letters.wake)
        callers = Callers(storage, on.accounts, world.now)
        rounds = Rounds(bot, storage, self.statements, callers, on.topics, world.now)
        closes = Closes(bot, storage, self.figures, on.easel, on.topics, world.now)
        dayboards = Dayboards(
            bot, storage, self.figures, self.questions, crews.boards, on.topics, on.pace.busy, world.now
        )

        self.rounds = Tick("rounds", rounds.tick)
        self.closes = Tick("closes", closes.tick)
        self.dayboards = Tick("dayboards", dayboards.tick)
        self.remind = Tick("remind", self.reminders.tick)
        self.masks = Tick("masks", self.privacy.tick)
        self.almanac = Tick("almanac", Almanac(bot, storage, self.schedules).tick)

    @property
    def ticks(self) -> dict[Tick, float]:
        """And the seconds between two of each."""
        daily = (self.rounds, self.remind, self.closes, self.masks)
        return {self.almanac: 20, self.dayboards: 2, **dict.fromkeys(daily, 60)}

    async def close(self) -> None:
        for tick in self.ticks:
            await tick.close()

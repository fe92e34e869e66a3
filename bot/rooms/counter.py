"""The counter's verbs: what a command may use."""

from pathlib import Path

from bot.payments.again import Again
from bot.payments.arrivals import Arrivals
from bot.payments.brake import Brake
from bot.payments.bulk import Bulk
from bot.payments.factors import Factors
from bot.payments.hearing import Hearing
from bot.payments.links import Links
from bot.payments.payees import Payees
from bot.payments.refunds import Refunds
from bot.payments.review import Reviews
from bot.payments.rules import Rulebook
from bot.payments.team import Team
from bot.payments.tills import Tills
from bot.rooms.chores import Chores
from bot.rooms.ground import Ground
from bot.rooms.works import Works
from bot.ui.turnstile import Turnstile
from bot.ui.visit import Counter
from bot.watch.doctor import Doctor


def counter(on: Ground, works: Works, chores: Chores) -> Counter:
    storage, accounts, now, new_id = on.storage, on.accounts, on.world.now, on.world.new_id
    return Counter(
        payments=works.payments,
        again=Again(storage, works.payments),
        payees=Payees(storage, now, works.letters.wake),
        arrivals=Arrivals(storage, accounts, works.polling, now),
        questions=chores.questions,
        refunds=Refunds(storage, accounts, now, new_id, works.changed),
        links=Links(storage, works.payments, now, works.changed),
        reminders=chores.reminders,
        receipts=works.receipts,
        turnstile=Turnstile(now),
        reviews=Reviews(storage, accounts, now, new_id, works.changed),
        schedules=chores.schedules,
        statements=chores.statements,
        figures=chores.figures,
        easel=on.easel,
        hearing=Hearing(storage, now),
        bulk=Bulk(storage, accounts, works.payments, now, new_id, works.changed),
        team=Team(storage, now, on.world.new_token, works.letters.wake),
        connections=works.connections,
        tills=Tills(storage, now, works.letters.wake),
        brake=Brake(storage, now, works.changed),
        rulebook=Rulebook(storage, now),
        privacy=chores.privacy,
        factors=Factors(storage, on.sealer, now),
        storage=storage,
        sealer=on.sealer,
        menu=on.menu,
        doctor=Doctor(on.env, now, on.world.network, Path.cwd()),
        now=now,
    )

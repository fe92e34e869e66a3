"""One file for each command. The order is that of the menu; /help groups them by task."""

from bot.commands.again import REDO_TAP
from bot.commands.airtime import AIRTIME
from bot.commands.approve import APPROVE, REJECT
from bot.commands.balance import BALANCE, BALANCE_TAP
from bot.commands.base import Command, Tap
from bot.commands.bulk import BULK, BULK_TAPS
from bot.commands.cancel import CANCEL, CANCEL_TAP
from bot.commands.check import CHECK, CHECK_TAP
from bot.commands.code import CODE_TAP
from bot.commands.confirm import AGAIN, CONFIRM
from bot.commands.connect import CONNECT, CONNECT_TAPS
from bot.commands.doctor import DOCTOR, DOCTOR_TAP
from bot.commands.export import EXPORT
from bot.commands.group import GROUP, GROUP_TAP, HEAR_TAP
from bot.commands.help import HELP
from bot.commands.history import HISTORY, HISTORY_TAP
from bot.commands.language import LANGUAGE, LANGUAGE_TAP
from bot.commands.limits import LIMITS
from bot.commands.link import LINK, LINK_TAPS
from bot.commands.operators import OPERATORS
from bot.commands.pause import PAUSE, RESUME, RESUME_TAP, STOP_TAP
from bot.commands.payees import PAYEE_TAPS, PAYEES
from bot.commands.payout import PAYOUT
from bot.commands.privacy import PRIVACY, PRIVACY_TAP
from bot.commands.protect import PROTECT
from bot.commands.rates import RATES
from bot.commands.receipt import RECEIPT, RECEIPT_TAP
from bot.commands.reconcile import RECONCILE
from bot.commands.refund import REFUND, REFUND_TAP
from bot.commands.remind import REMIND_TAP
from bot.commands.report import REPORT, REPORT_TAP
from bot.commands.request import REQUEST
from bot.commands.review import REVIEW, REVIEW_TAPS
from bot.commands.schedule import SCHEDULE, SCHEDULE_TAPS
from bot.commands.shift import SHIFT, SHIFT_TAPS
from bot.commands.shop import SHOP, SHOP_TAPS
from bot.commands.start import DO_TAP, START, TRIAL_TAP
from bot.commands.status import CARD_TAP, STATUS
from bot.commands.team import TEAM, TEAM_TAPS
from bot.commands.transfer import TRANSFER
from bot.commands.who import WHO

COMMANDS: tuple[Command, ...] = (
    REQUEST,
    LINK,
    PAYOUT,
    BULK,
    SCHEDULE,
    PAYEES,
    AIRTIME,
    TRANSFER,
    RECEIPT,
    REFUND,
    BALANCE,
    CHECK,
    STATUS,
    HISTORY,
    REPORT,
    EXPORT,
    SHIFT,
    REVIEW,
    RECONCILE,
    WHO,
    OPERATORS,
    RATES,
    PAUSE,
    RESUME,
    LIMITS,
    GROUP,
    PRIVACY,
    PROTECT,
    TEAM,
    CONNECT,
    DOCTOR,
    SHOP,
    LANGUAGE,
    CANCEL,
    HELP,
    START,
)
TAPS: tuple[Tap, ...] = (
    CONFIRM,
    AGAIN,
    REDO_TAP,
    APPROVE,
    REJECT,
    STOP_TAP,
    RESUME_TAP,
    CANCEL_TAP,
    CODE_TAP,
    CARD_TAP,
    *LINK_TAPS,
    RECEIPT_TAP,
    REFUND_TAP,
    CHECK_TAP,
    BALANCE_TAP,
    HISTORY_TAP,
    REPORT_TAP,
    LANGUAGE_TAP,
    GROUP_TAP,
    HEAR_TAP,
    PRIVACY_TAP,
    DO_TAP,
    TRIAL_TAP,
    REMIND_TAP,
    *SCHEDULE_TAPS,
    *BULK_TAPS,
    *REVIEW_TAPS,
    *PAYEE_TAPS,
    *TEAM_TAPS,
    *CONNECT_TAPS,
    DOCTOR_TAP,
    *SHOP_TAPS,
    *SHIFT_TAPS,
)

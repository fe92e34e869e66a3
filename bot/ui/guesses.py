"""What a line may have meant, put to the person as buttons. The choices are a row: a restart does not lose them."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.errors import UserError
from bot.payments.phone import pretty
from bot.texts import Voice
from bot.ui import pending
from bot.ui.meaning import Said
from bot.ui.visit import Visit

GUESS = "guess"
NOTHING = "no"


async def ask(visit: Visit, choices: Sequence[Said]) -> None:
    """Nothing else may be open: whoever answers a question is not guessed at."""
    message_id = visit.message.message_id
    await pending.put(visit, GUESS, {"choices": [astuple(_choice(visit.voice, said)) for said in choices]})
    await visit.say(_question(visit.voice, choices), _buttons(visit.voice, choices, message_id))


@dataclass(frozen=True, slots=True)
class Choice:
    """A command and its line; and how both were put to the person."""

    command: str
    line: str
    label: str
    about: str


async def take(visit: Visit, data: str) -> Choice | None:
    """None for "nothing". Raises UserError where the question is not open any more."""
    number, _, message_id = data.partition(":")
    form = await pending.current(visit)
    if form is None or form.command != GUESS or str(form.message_id) != message_id:
        raise UserError("guess.gone")
    choices = form.answers["choices"]
    if number != NOTHING and not (number.isdecimal() and len(number) < 3 and int(number) < len(choices)):
        raise UserError("guess.gone")
    await pending.drop(visit)
    if number == NOTHING:
        await visit.show(visit.voice.say("guess.dropped"))
        return None
    return Choice(*choices[int(number)])


def _choice(voice: Voice, said: Said) -> Choice:
    return Choice(said.command, said.line, _label(voice, said), _about(said))


def _question(voice: Voice, choices: Sequence[Said]) -> Markup:
    """Where only the amount is in doubt, the buttons say which."""
    about = _about(choices[0])
    if choices[0].amount and len({said.amount for said in choices}) == 1:
        about = " · ".join(filter(None, [voice.amount(choices[0].amount), about]))
    return voice.say("guess.which", about=about) if about else voice.say("guess.sure")


def _about(said: Said) -> str:
    return " · ".join(filter(None, [pretty(said.phone.msisdn) if said.phone else said.name, said.description]))


def _buttons(voice: Voice, choices: Sequence[Said], message_id: int) -> InlineKeyboardMarkup:
    rows = [
        [InlineKeyboardButton(_label(voice, said), callback_data=f"{GUESS}:{number}:{message_id}")]
        for number, said in enumerate(choices)
    ]
    nothing = InlineKeyboardButton(
        voice.say("guess.nothing").unescape(), callback_data=f"{GUESS}:{NOTHING}:{message_id}"
    )
    return InlineKeyboardMarkup([*rows, [nothing]])


def _label(voice: Voice, said: Said) -> str:
    if said.amount is None:
        return voice.say(f"guess.{said.command}").unescape()
    return voice.say(f"guess.{said.command}.amount", amount=said.amount).unescape()

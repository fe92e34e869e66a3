"""What one person still has to say in one chat: a half-filled command is a row, so any instance goes on with it."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from bot.errors import UserError
from bot.ui.visit import Visit
from storage import forms
from storage.models import Form

LIVES = timedelta(minutes=30)


async def current(visit: Visit, chat_id: int | None = None) -> Form | None:
    """Here, or in another chat."""
    here = visit.chat_id if chat_id is None else chat_id
    return await visit.counter.storage.run(forms.current, here, visit.member.person.id, visit.counter.now())


async def put(
    visit: Visit,
    command: str,
    answers: Mapping[str, object],
    asking: str = "",
    *,
    sealed: str | None = None,
    message_id: int | None = None,
    chat_id: int | None = None,
    lives: timedelta = LIVES,
) -> None:
    """In place of whatever was open. `asking`: the step, where a command has several."""
    row = Form(
        chat_id=visit.chat_id if chat_id is None else chat_id,
        person_id=visit.member.person.id,
        merchant_id=visit.member.merchant.id or 0,
        command=command,
        answers=dict(answers),
        sealed=sealed,
        asking=asking or command,
        message_id=visit.message.message_id if message_id is None else message_id,
        expires_at=visit.counter.now() + lives,
    )
    await visit.counter.storage.run(forms.put, row)


async def drop(visit: Visit) -> bool:
    """Whether there was one."""
    return await visit.counter.storage.run(forms.drop, visit.chat_id, visit.member.person.id)


async def demand_free(visit: Visit, *, unless: Collection[str], chat_id: int | None = None) -> None:
    """Raises UserError for another half-filled command, which is not thrown away for a question."""
    form = await current(visit, chat_id)
    if form and form.command not in unless:
        raise UserError("form.open")

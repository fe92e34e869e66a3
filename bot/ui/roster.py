"""What /team shows: the list, one person, an invitation; and its buttons."""

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.team import Mate, Roll, roles_of
from bot.texts import Voice
from bot.ui.paging import turns
from storage.models import Invite, Merchant, Person, Role

_PAGE = 10
_LONGEST_NAME = 40

Screen = tuple[Markup, InlineKeyboardMarkup]


def of_team(voice: Voice, merchant: Merchant, roll: Roll, offset: int = 0) -> Screen:
    shown = roll.mates[offset : offset + _PAGE]
    lines = [voice.say("team.title", merchant=merchant.name)]
    lines += [_mate_line(voice, mate) for mate in shown]
    if any(mate.settled for mate in roll.mates):
        lines.append(voice.say("team.settled"))
    if roll.invites:
        lines += [voice.say("team.invites"), *(_open_line(voice, invite) for invite in roll.invites)]
    rows = [
        _row((f"{named(mate.person)} · {_label(voice, f'role.{mate.role}')}", f"mate:{mate.person.id}"))
        for mate in shown
        if not mate.settled
    ]
    rows += [
        _row(
            (
                _label(voice, "button.uninvite", role=_given(voice, one), clock=voice.clock(one.expires_at)),
                f"withdraw:{one.id}",
            )
        )
        for one in roll.invites
    ]
    rows += turns(voice, "team:", offset, _PAGE, more=offset + _PAGE < len(roll.mates))
    rows.append(_row((_label(voice, "button.invite"), "invite:")))
    return Markup("\n").join(lines), InlineKeyboardMarkup(rows)


def _mate_line(voice: Voice, mate: Mate) -> Markup:
    role = voice.say(f"role.{mate.role}")
    line = voice.say("team.line", name=named(mate.person), role=role, day=voice.day(mate.since))
    return line + voice.say("team.till", till=mate.till) if mate.till else line


def _open_line(voice: Voice, invite: Invite) -> Markup:
    return voice.say("team.invite", role=_given(voice, invite), at=invite.expires_at)


def _given(voice: Voice, invite: Invite) -> Markup | str:
    """What the link makes of its bearer: a role here, or the owner of a merchant of their own."""
    return f"🏪 {invite.founds}" if invite.founds else voice.say(f"role.{invite.role}")


def of_mate(voice: Voice, merchant: Merchant, mate: Mate) -> Screen:
    text = voice.say(
        "team.mate",
        name=named(mate.person),
        id=mate.person.id,
        role=voice.say(f"role.{mate.role}"),
        day=voice.day(mate.since),
        about=voice.say(f"role.about.{mate.role}"),
    )
    rows = [
        _row((_label(voice, "button.role", role=voice.say(f"role.{role}")), f"role:{mate.person.id}:{role}"))
        for role in roles_of(merchant)
        if role is not mate.role
    ]
    return text, InlineKeyboardMarkup(
        [*rows, _row((_label(voice, "button.remove"), f"remove:{mate.person.id}"), _back(voice))]
    )


def of_removal(voice: Voice, mate: Mate) -> Screen:
    sure = (_label(voice, "button.remove.sure"), f"removed:{mate.person.id}")
    return voice.say("team.sure", name=named(mate.person), id=mate.person.id), InlineKeyboardMarkup(
        [_row(sure, _back(voice))]
    )


def of_roles(voice: Voice, merchant: Merchant) -> Screen:
    roles = roles_of(merchant)
    lines = [voice.say("team.which"), *(_role_line(voice, role) for role in roles)]
    rows = [_row((_label(voice, f"role.{role}"), f"invite:{role}")) for role in roles]
    return Markup("\n").join(lines), InlineKeyboardMarkup([*rows, _row(_back(voice))])


def _role_line(voice: Voice, role: Role) -> Markup:
    return voice.say("team.role", role=voice.say(f"role.{role}"), about=voice.say(f"role.about.{role}"))


def named(person: Person) -> str:
    """As they call themselves, in one line; whoever has not spoken yet has only a number."""
    name = " ".join(person.name.split())
    return (name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…") or str(person.id)


def _back(voice: Voice) -> tuple[str, str]:
    return _label(voice, "button.team"), "team:0"


def _label(voice: Voice, key: str, **values: object) -> str:
    """Buttons are plain text: an escaped name would show its escapes."""
    return voice.say(key, **values).unescape()


def _row(*buttons: tuple[str, str]) -> list[InlineKeyboardButton]:
    return [InlineKeyboardButton(label, callback_data=data) for label, data in buttons]

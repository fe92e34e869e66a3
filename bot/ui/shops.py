"""What /shop shows. Pure."""

from collections.abc import Sequence

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.payments.team import may_found
from bot.texts import Voice
from storage.people import Member


def of_shops(voice: Voice, member: Member, all_of_them: Sequence[Member]) -> tuple[Markup, InlineKeyboardMarkup | None]:
    role = voice.say(f"role.{member.role}")
    lines = [voice.say("shop.current", merchant=member.merchant.name, role=role)]
    others = [one for one in all_of_them if one.merchant.id != member.merchant.id]
    lines.append(voice.say("shop.others") if others else voice.say("shop.alone"))
    rows = [
        [
            InlineKeyboardButton(
                voice.say("button.switch", merchant=one.merchant.name, role=voice.say(f"role.{one.role}")).unescape(),
                callback_data=f"shop:{one.merchant.id}",
            )
        ]
        for one in others
    ]
    if may_found(member):
        rows.append([InlineKeyboardButton(voice.say("button.found"), callback_data="found:")])
    return Markup("\n").join(lines), InlineKeyboardMarkup(rows) if rows else None

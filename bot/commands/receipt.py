"""/receipt: a receipt to forward, and whether one that was shown is true."""

from telegram.constants import ChatAction

from bot.commands.base import Command, Tap
from bot.payments import approvals, receipts
from bot.payments.approvals import Right
from bot.payments.receipts import plain_code
from bot.ui import finished, receipt_image, receipt_pdf, slip, witness
from bot.ui.visit import Visit
from providers.money import Money


async def _receipt(visit: Visit, text: str) -> None:
    user = visit.message.from_user
    if not text:
        await finished.offer(visit, "receipt", "receipt.which", "receipt.usage", receipts.givable)
        return
    if plain_code(text) and user:
        await visit.say(await witness.answer(visit.counter, user, text, visit.voice))
        return
    approvals.demand(visit.member, Right.SEE_OWN)
    await _hand(visit, text.strip())


async def _hand(visit: Visit, payment_id: str) -> None:
    """Drawing takes its time, and blocks nobody."""
    found = await visit.counter.receipts.issue(visit.member, payment_id)
    await visit.message.reply_chat_action(ChatAction.UPLOAD_PHOTO)
    voice, bot = visit.voice, visit.message.get_bot().username
    sheet = slip.sheet(voice, found, bot)
    url = found.url or f"https://t.me/{bot}?start={witness.START}{found.code}"
    picture = await visit.counter.easel.drawn(receipt_image.picture, sheet, url)
    amount = Money(found.payment.amount, found.payment.currency)
    await visit.hand_picture(picture, voice.say("receipt.caption", amount=amount, code=sheet.code))
    document = await visit.counter.easel.drawn(receipt_pdf.document, sheet, url, voice.language, visit.counter.now())
    name = voice.say("receipt.file", code=found.code)
    await visit.hand(str(name), document, voice.say("receipt.caption.pdf"))


async def _tapped(visit: Visit, payment_id: str) -> None:
    await visit.answer_first()
    await _hand(visit, payment_id)


RECEIPT = Command("receipt", "recu", _receipt)
RECEIPT_TAP = Tap("receipt", _tapped, Right.SEE_OWN)

"""A small shop for the page: a bot that sends cards with buttons, and a phone that rings."""

import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from telegram import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Update,
)
from telegram.ext import CallbackQueryHandler, CommandHandler, MessageHandler, filters

from bot.demo import LocalTelegram
from bot.demo.server import listening
from tests.bot.demo.conftest import polling

PIN = "1234"
CUSTOMER = "237677777777"
CARD = (
    "🧾 <b>Demande de paiement</b>\n"
    "Montant : <b>5 000 XAF</b>\nClient : <code>+237 6 77 77 77 77</code>\nMotif : chaussures &amp; sac\n\n"
    "<i>Frais 2 % · MTN · CamPay</i>"
)
COMMANDS = {
    "fr": {"request": "Demander de l’argent à un client", "payout": "Envoyer de l’argent", "balance": "Mes soldes"},
    "en": {"request": "Ask a customer for money", "payout": "Send money to someone", "balance": "My balances"},
}


async def start(update: Update, _: Any) -> None:
    await _message(update).reply_html("👋 Bienvenue au <b>Guichet</b>.\nTapez /request pour demander de l’argent.")


async def request(update: Update, _: Any) -> None:
    rows = [
        [
            InlineKeyboardButton("✅ Confirmer", callback_data="yes"),
            InlineKeyboardButton("✖️ Annuler", callback_data="no"),
        ],
        [InlineKeyboardButton("Conditions", url="https://shop.example/terms")],
    ]
    await _message(update).reply_html(CARD, reply_markup=InlineKeyboardMarkup(rows))


async def payout(update: Update, _: Any) -> None:
    await _message(update).reply_text("Combien ?", reply_markup=ForceReply())


async def balance(update: Update, _: Any) -> None:
    await _message(update).reply_photo(picture(), caption="Solde : 50 000 XAF")
    await _message(update).reply_document(b"date;montant\n", filename="releve.csv")


async def decide(update: Update, _: Any) -> None:
    query = update.callback_query
    assert query is not None
    if query.data == "no":
        await query.answer("Rien n’a été envoyé.", show_alert=True)
        return
    await query.answer("Le client a reçu la demande")
    await query.edit_message_text(f"{CARD}\n\n⏳ Le client saisit son code PIN…", parse_mode="HTML")


async def echo(update: Update, _: Any) -> None:
    await _message(update).reply_text(f"Compris : {_message(update).text or 'merci'}")


def _message(update: Update) -> Any:
    assert update.effective_message is not None
    return update.effective_message


@asynccontextmanager
async def open_shop(telegram: LocalTelegram) -> AsyncIterator[None]:
    everything = (
        CommandHandler("start", start),
        CommandHandler("request", request),
        CommandHandler("payout", payout),
        CommandHandler("balance", balance),
        CallbackQueryHandler(decide),
        MessageHandler(filters.ALL, echo),
    )
    async with polling(telegram, *everything) as application:
        for language, words in COMMANDS.items():
            menu = [BotCommand(name, text) for name, text in words.items()]
            await application.bot.set_my_commands(menu, language_code="" if language == "en" else language)
        await application.bot.set_my_commands([BotCommand("balance", "Soldes")], scope=BotCommandScopeAllGroupChats())
        yield


class Phone:
    """The control interface of a payment sandbox with one customer who is asked for 5,000 francs."""

    def __init__(self) -> None:
        self.rings = False
        self.wallet = 150_000
        self.messages: list[dict[str, str]] = []

    def routes(self) -> list[Route]:
        return [
            Route("/control/phones", self.phones),
            Route("/control/phones/{msisdn}/{act}", self.act, methods=["POST"]),
            Route("/control/state", self.state),
            Route("/control/faults", self.faults),
            Route("/control/events", self.events),
        ]

    async def phones(self, _: Request) -> JSONResponse:
        prompt = {
            "reference": "r1",
            "msisdn": CUSTOMER,
            "asker": "Boutique Ada",
            "amount": 5000,
            "currency": "XAF",
            "operator": "MTN",
            "description": "Chaussures & sac",
            "at": datetime.now(UTC).isoformat(),
            "wrong_pins": 0,
        }
        phone = {
            "msisdn": CUSTOMER,
            "wallet": self.wallet,
            "currency": "XAF",
            "prompts": [prompt] if self.rings else [],
            "messages": self.messages,
        }
        quiet = phone | {"msisdn": "237671000101", "prompts": [], "messages": []}
        return JSONResponse({"phones": [quiet, phone]})

    async def act(self, request: Request) -> JSONResponse:
        body = await request.json()
        if request.path_params["act"] == "approve" and body["pin"] != PIN:
            return JSONResponse({"error": "wrong_pin", "tries_left": 2}, 403)
        self.rings = False
        self.wallet -= 5000
        text = f"You paid 5000 XAF to Boutique Ada. New balance: {self.wallet} XAF."
        self.messages.append({"at": datetime.now(UTC).isoformat(), "sender": "MTN", "text": text})
        return JSONResponse({"state": "succeeded"})

    async def state(self, _: Request) -> JSONResponse:
        return JSONResponse({"settings": {"pin": PIN}, "balances": {"campay/MTN/XAF": 50_000}})

    async def faults(self, _: Request) -> JSONResponse:
        return JSONResponse({"faults": []})

    async def events(self, _: Request) -> StreamingResponse:
        async def nothing() -> AsyncIterator[str]:
            yield ": open\n\n"

        return StreamingResponse(nothing(), media_type="text/event-stream")


@asynccontextmanager
async def ringing_phone() -> AsyncIterator[tuple[str, Phone]]:
    phone = Phone()
    async with listening(Starlette(routes=list(phone.routes())), "127.0.0.1", 0) as url:
        yield url, phone


def picture(width: int = 320, height: int = 180) -> bytes:
    """A PNG: bars in the colours of the counter."""
    bars = b"".join(b"\x0f\x5b\x47" if x // 40 % 2 else b"\xf0\xab\x2e" for x in range(width))
    rows = b"".join(b"\0" + bars for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

"""The same errand as people would write it first: python-telegram-bot on its own transport, a row of SQLModel's and a
session for each step, the provider called by one shared httpx client. It asks nobody who they are, keeps no events,
tells no group, and a message that comes twice is paid twice.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.ext import Application, CallbackQueryHandler, CommandHandler

PLACES = 16
"""Connections to the database, as many as our program has."""


class Own(SQLModel, registry=registry()):
    """Its tables are none of the program's."""


class Sale(Own, table=True):
    id: str = Field(primary_key=True)
    chat_id: int
    amount: int
    phone: str
    state: str = Field(index=True)
    reference: str = ""
    created_at: datetime


async def sell(application: "Application[Any, Any, Any, Any, Any, Any]", url: str, database: str, at_once: int) -> None:
    """/request, a button, the collection and its message."""
    engine = create_async_engine(database, pool_size=PLACES)
    async with engine.begin() as connection:
        await connection.run_sync(Own.metadata.create_all)
    limits = httpx.Limits(max_connections=at_once)
    http = httpx.AsyncClient(base_url=url, timeout=60, limits=limits)

    async def ask(update: Any, context: Any) -> None:
        amount, phone = context.args[:2]
        sale = Sale(
            id=str(uuid4()), chat_id=update.effective_chat.id, amount=int(amount), phone=phone, state="draft",
            created_at=datetime.now(UTC),
        )  # fmt: skip
        async with AsyncSession(engine, expire_on_commit=False) as session:
            session.add(sale)
            await session.commit()
        button = InlineKeyboardButton("Ask", callback_data=sale.id)
        await update.effective_message.reply_text(f"Request {amount}", reply_markup=InlineKeyboardMarkup([[button]]))

    async def tap(update: Any, _: Any) -> None:
        query = update.callback_query
        await query.answer()
        sale = await _become(query.data, state="sending")
        answer = await http.post("/api/collect/", json={"amount": sale.amount, "from": sale.phone})
        told = answer.json()
        await _become(query.data, state="pending", reference=told["reference"])
        await query.edit_message_text(f"Request {sale.amount}\n{told['ussd_code']}")

    async def _become(sale_id: str, **changes: str) -> Sale:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            sale = await session.get_one(Sale, sale_id)
            for name, value in changes.items():
                setattr(sale, name, value)
            session.add(sale)
            await session.commit()
        return sale

    application.add_handler(CommandHandler("request", ask))
    application.add_handler(CallbackQueryHandler(tap))

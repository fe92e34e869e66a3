"""What the page calls to be a person in a chat: /api/..."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.demo.feed import Event
from bot.demo.files import picture_size
from bot.demo.messages import Message
from bot.demo.people import Chat, Json, User
from bot.demo.switches import Switch, shown
from bot.demo.taps import LIFETIME
from bot.demo.world import World

SHOWN = frozenset({"message", "edited", "deleted", "action", "people", "menu"})
Endpoint = Callable[[Request], Awaitable[Response]]

LARGEST_UPLOAD = 20 * 1024 * 1024


class PageApi:
    """A request that changes something carries the header X-Guichet, which a foreign page cannot send."""

    def __init__(self, world: World, switches: Mapping[str, Switch], *, has_phones: bool) -> None:
        self._world = world
        self._switches = switches
        self._has_phones = has_phones

    def routes(self) -> list[Route]:
        message = "/api/chats/{chat}/messages/{message:int}"
        return [
            Route("/api/state", self.state),
            Route("/api/events", self.events),
            Route("/api/people", changing(self.add_person), methods=["POST"]),
            Route("/api/people/{user:int}", changing(self.change_person), methods=["PATCH"]),
            Route("/api/chats/{chat}", self.chat),
            Route("/api/chats/{chat}/commands", self.commands),
            Route("/api/chats/{chat}/messages", changing(self.say), methods=["POST"]),
            Route("/api/chats/{chat}/inline", changing(self.ask_inline), methods=["POST"]),
            Route("/api/chats/{chat}/inline/{query}", changing(self.choose), methods=["POST"]),
            Route("/api/chats/{chat}/contact", changing(self.share_contact), methods=["POST"]),
            Route("/api/chats/{chat}/files", changing(self.send_file), methods=["POST"]),
            Route("/api/chats/{chat}/upgrade", changing(self.upgrade), methods=["POST"]),
            Route("/api/chats/{chat}/forum", changing(self.make_forum), methods=["POST"]),
            Route(message, changing(self.edit), methods=["PATCH"]),
            Route(message + "/tap", changing(self.tap), methods=["POST"]),
            Route("/api/files/{file_id}", self.file),
            Route("/api/switches", self.switches),
            Route("/api/switches/{name}", changing(self.toggle), methods=["POST"]),
        ]

    async def state(self, _: Request) -> Response:
        """Who is there and where they can talk; the page draws everything else from events."""
        world = self._world
        people = [user.as_json() | {"blocked": user.blocked} for user in world.users.values() if not user.is_bot]
        groups = [self._group(chat) for chat in world.chats.values() if not chat.is_private and not chat.migrated_to]
        about = {
            language: world.profile.get(("description", language)) or world.profile.get(("description", ""), "")
            for language in ("fr", "en")
        }
        bot = world.bot.as_json() | {"about": about}
        return JSONResponse({"bot": bot, "people": people, "groups": groups, "phones": self._has_phones})

    async def events(self, _: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def add_person(self, request: Request) -> Response:
        body = await body_of(request)
        name = str(body.get("first_name") or "").strip()[:64] or "?"
        user = self._world.add_user(name, str(body.get("language_code") or "fr")[:2], None, "")
        for chat in self._world.chats.values():
            if not chat.is_private and body.get("in_groups"):
                chat.members[user.id] = "member"
        self._world.feed.publish("people")
        return JSONResponse(user.as_json())

    async def change_person(self, request: Request) -> Response:
        """Their language, or whether they block the bot."""
        user, body = self._user(request.path_params["user"]), await body_of(request)
        user.language_code = str(body.get("language_code") or user.language_code)[:2]
        if "blocked" in body and bool(body["blocked"]) != user.blocked:
            status = "kicked" if body["blocked"] else "member"
            self._world.set_bot_status(self._world.chats[user.id], status, user)
        self._world.feed.publish("people")
        return JSONResponse(user.as_json())

    async def chat(self, request: Request) -> Response:
        chat = self._chat(request)
        return JSONResponse({"messages": [view(message) for message in self._world.in_chat(chat)]})

    async def commands(self, request: Request) -> Response:
        user = self._user(request.query_params.get("user"))
        return JSONResponse({"commands": self._world.menus.seen_by(user, self._chat(request))})

    async def say(self, request: Request) -> Response:
        chat, body = self._chat(request), await body_of(request)
        text = str(body.get("text") or "").strip()
        if not text or len(text) > 4096:
            raise HTTPException(400, "a text of 1 to 4096 characters")
        reply_to = self._world.messages.get((chat.id, whole(body.get("reply_to"))))
        topic = chat.topics.get(whole(body.get("topic")))
        return JSONResponse(view(self._world.say(self._speaker(chat, body), chat, text, reply_to, topic)))

    async def ask_inline(self, request: Request) -> Response:
        """What the bot offers for the words behind its name; nothing where it does not answer."""
        chat, body = self._chat(request), await body_of(request)
        query = self._world.ask_inline(self._speaker(chat, body), chat, str(body.get("text") or "")[:256])
        await self._until(lambda: query.results is not None)
        results = [{name: one[name] for name in ("id", "title", "description")} for one in query.results or []]
        return JSONResponse({"query": query.id, "results": results, "button": query.button})

    async def choose(self, request: Request) -> Response:
        chat, body = self._chat(request), await body_of(request)
        query = self._world.queries.get(request.path_params["query"])
        known = query and query.chat is chat and query.user is self._speaker(chat, body)
        if query is None or not known or body.get("result") not in [one["id"] for one in query.results or []]:
            raise HTTPException(409, "this result is gone")
        return JSONResponse(view(self._world.choose(query, str(body["result"]))))

    async def share_contact(self, request: Request) -> Response:
        chat, body = self._chat(request), await body_of(request)
        user = self._speaker(chat, body)
        phone = "".join(sign for sign in str(body.get("phone") or "") if sign.isdigit() or sign == "+")
        if not 6 <= len(phone) <= 16:
            raise HTTPException(400, "a phone number")
        contact: Json = {"phone_number": phone, "first_name": str(body.get("first_name") or user.first_name)[:64]}
        if body.get("own"):
            contact["user_id"] = user.id
        return JSONResponse(view(self._world.post(chat, user, media={"contact": contact})))

    async def send_file(self, request: Request) -> Response:
        """The file is the body, as it is; its name and who sends it stand in the query."""
        chat, query = self._chat(request), request.query_params
        user = self._speaker(chat, {"user": query.get("user")})
        content = await request.body()
        if not 0 < len(content) <= LARGEST_UPLOAD:
            raise HTTPException(413, "a file of 1 byte to 20 MB")
        name, kind = query.get("name") or "file", request.headers.get("content-type", "")
        is_picture = kind.startswith("image/") and picture_size(content) is not None
        file = self._world.files.add(name[:128], content, kind, "photos" if is_picture else "documents")
        media = {"photo": file.as_photo()} if is_picture else {"document": file.as_document()}
        return JSONResponse(view(self._world.post(chat, user, query.get("caption", "")[:1024], media=media)))

    async def edit(self, request: Request) -> Response:
        message, body = self._message(request), await body_of(request)
        text = str(body.get("text") or "").strip()
        if message.sender.id != whole(body.get("user")) or not text or message.has_media:
            raise HTTPException(409, "only one's own text can be edited")
        self._world.edit(message, text[:4096])
        return JSONResponse(view(message))

    async def tap(self, request: Request) -> Response:
        """Answers when the bot has answered, or when it has kept the person waiting for too long."""
        message, body = self._message(request), await body_of(request)
        user = self._speaker(message.chat, body)
        button = next((button for button in message.buttons if button.data == body.get("data")), None)
        if button is None:
            raise HTTPException(409, "this button is gone")
        tap = self._world.tap(user, message, button.data)
        await self._until(lambda: tap.answer is not None)
        answer = tap.answer
        if answer is None:
            return JSONResponse({"answered": False})
        return JSONResponse({"answered": True, "text": answer.text, "alert": answer.show_alert, "url": answer.url})

    async def upgrade(self, request: Request) -> Response:
        chat = self._chat(request)
        if chat.type != "group" or chat.migrated_to:
            raise HTTPException(409, "only a group can be upgraded")
        return JSONResponse(self._group(self._world.upgrade(chat)))

    async def make_forum(self, request: Request) -> Response:
        """Topics are switched on, and the bot may manage them."""
        chat = self._chat(request)
        if chat.is_private or chat.is_forum or chat.migrated_to:
            raise HTTPException(409, "only a group without topics")
        forum = self._world.make_forum(chat)
        self._world.set_bot_status(forum, "administrator", self._world.bot)
        return JSONResponse(self._group(forum))

    async def file(self, request: Request) -> Response:
        """Pictures are shown; anything else is only ever downloaded, whatever it claims to be."""
        file = self._world.files.get(request.path_params["file_id"])
        if file is None:
            raise HTTPException(404)
        headers = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
        if picture_size(file.content) is None:
            headers["content-disposition"] = "attachment"
            return Response(file.content, media_type="application/octet-stream", headers=headers)
        return Response(file.content, media_type=file.mime_type, headers=headers)

    async def switches(self, _: Request) -> Response:
        return JSONResponse({"switches": await shown(self._switches)})

    async def toggle(self, request: Request) -> Response:
        switch = self._switches.get(request.path_params["name"])
        if switch is None:
            raise HTTPException(404, "no such switch")
        try:
            await switch.toggle()
        except httpx.HTTPError:
            raise HTTPException(503, "the payment systems do not answer") from None
        return await self.switches(request)

    async def _stream(self) -> AsyncIterator[str]:
        yield ": open\n\n"
        async for event in self._world.feed.listen():
            if event is None:
                yield ": quiet\n\n"
            elif event.kind in SHOWN:
                yield f"data: {json.dumps(self._told(event))}\n\n"

    def _told(self, event: Event) -> Json:
        told: Json = {"kind": event.kind, **event.detail}
        if event.kind in ("message", "edited"):
            told["message"] = view(self._world.messages[event.detail["chat"], event.detail["message"]])
        return told

    async def _until(self, answered: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LIFETIME.total_seconds()
        while not answered() and loop.time() < deadline and not self._world.feed.closed:
            await self._world.feed.change(deadline - loop.time())

    def _group(self, chat: Chat) -> Json:
        members = [user for user, status in chat.members.items() if status not in ("left", "kicked")]
        topics = [topic.as_json() for topic in chat.topics.values()]
        return chat.as_json() | {"members": members, "topics": topics}

    def _user(self, number: Any) -> User:
        user = self._world.users.get(whole(number))
        if user is None or user.is_bot:
            raise HTTPException(404, "no such person")
        return user

    def _speaker(self, chat: Chat, body: Mapping[str, Any]) -> User:
        user = self._user(body.get("user"))
        is_there = chat.person is user or chat.members.get(user.id, "left") not in ("left", "kicked")
        if not is_there or chat.migrated_to:
            raise HTTPException(403, "this person is not in this chat")
        return user

    def _chat(self, request: Request) -> Chat:
        chat = self._world.chats.get(whole(request.path_params["chat"]))
        if chat is None:
            raise HTTPException(404, "no such chat")
        return chat

    def _message(self, request: Request) -> Message:
        message = self._world.messages.get((self._chat(request).id, request.path_params["message"]))
        if message is None or message.deleted:
            raise HTTPException(404, "no such message")
        return message


def view(message: Message) -> Json:
    """The Bot API's message and what only the person sees: the keyboard that the bot gave them."""
    return message.as_json() | {"keyboard": message.keyboard, "silent": message.silent}


def whole(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


async def body_of(request: Request) -> Json:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is a JSON object")
    return body


def changing(endpoint: Endpoint) -> Endpoint:
    """Only for the page itself: another origin would need a preflight, which nobody answers."""

    async def guarded(request: Request) -> Response:
        if "x-guichet" not in request.headers:
            raise HTTPException(403, "the header X-Guichet is missing")
        return await endpoint(request)

    return guarded

"""Pictures and documents: sendPhoto, sendDocument, editMessageMedia, getFile."""

from bot.demo.arguments import Arguments
from bot.demo.files import LARGEST_DOWNLOAD, StoredFile, picture_size
from bot.demo.methods.messages import edited
from bot.demo.people import Json
from bot.demo.refusals import bad_request
from bot.demo.strict import caption_of, inline_markup_of, markup_of, own_message, replied_to, topic_of, writable_chat
from bot.demo.world import World


async def send_photo(world: World, arguments: Arguments) -> Json:
    return _sent(world, arguments, {"photo": _photo(world, arguments).as_photo()})


async def edit_message_media(world: World, arguments: Arguments) -> Json | bool:
    """Another picture in its place, or one where there was text only. Pictures are all that is asked of it here.

    https://core.telegram.org/bots/api#editmessagemedia
    """
    message = own_message(world, arguments)
    value = arguments.json("media", "can't parse input media JSON object")
    if not isinstance(value, dict) or value.get("type") != "photo":
        raise bad_request("can't parse InputMedia: unsupported type")
    told = Arguments({**value, "photo": value.get("media")}, arguments.uploads)
    caption, entities = caption_of(told)
    photo = _photo(world, told).as_photo()
    return edited(world, message, caption, entities, inline_markup_of(arguments), {"photo": photo})


def _photo(world: World, arguments: Arguments) -> StoredFile:
    file = _file(world, arguments, "photo")
    size = picture_size(file.content)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(size) > 10_000 or max(size) > 20 * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return file


async def send_document(world: World, arguments: Arguments) -> Json:
    return _sent(world, arguments, {"document": _file(world, arguments, "document").as_document()})


async def get_file(world: World, arguments: Arguments) -> Json:
    file = world.files.get(arguments.text("file_id"))
    if file is None:
        raise bad_request("invalid file_id")
    if len(file.content) > LARGEST_DOWNLOAD:
        raise bad_request("file is too big")
    return file.as_json() | {"file_path": file.path}


def _file(world: World, arguments: Arguments, name: str) -> StoredFile:
    """A new upload, or a file that Telegram already has."""
    upload = arguments.upload(name)
    if upload is None:
        known = world.files.get(arguments.text(name))
        if known is None:
            missing = not arguments.text(name)
            words = f"there is no {name} in the request"
            raise bad_request(words if missing else "wrong file identifier/HTTP URL specified")
        return known
    if not upload.content:
        raise bad_request("file must be non-empty")
    folder = "photos" if name == "photo" else "documents"
    return world.files.add(upload.name, upload.content, upload.mime_type, folder)


def _sent(world: World, arguments: Arguments, media: Json) -> Json:
    chat = writable_chat(world, arguments)
    caption, entities = caption_of(arguments)
    markup, keyboard = markup_of(arguments)
    reply_to = replied_to(world, chat, arguments)
    topic = topic_of(world, chat, arguments, reply_to)
    world.limiter.spend(chat)
    message = world.post(
        chat,
        world.bot,
        caption,
        entities=entities,
        media=media,
        markup=markup,
        keyboard=keyboard,
        reply_to=reply_to,
        silent=arguments.flag("disable_notification"),
        topic=topic,
    )
    return message.as_json()

"""answerInlineQuery."""

from typing import Any

from bot.demo.arguments import Arguments
from bot.demo.people import Json
from bot.demo.refusals import bad_request
from bot.demo.strict import markup_of, text_of
from bot.demo.world import World

# https://core.telegram.org/bots/api#answerinlinequery
MOST_RESULTS = 50
LONGEST_ID = 64


async def answer_inline_query(world: World, arguments: Arguments) -> bool:
    query = world.queries.get(arguments.text("inline_query_id"))
    if query is None or not query.is_open(world.clock()):
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    results = arguments.json("results", "can't parse inline query results JSON object") or []
    if not isinstance(results, list):
        raise bad_request("expected an Array of InlineQueryResult")
    if len(results) > MOST_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    read = [_result(one) for one in results]
    if len({one["id"] for one in read}) < len(read):
        raise bad_request("RESULT_ID_DUPLICATE")
    world.answer_query(query, read, _button(arguments.json("button", "can't parse button JSON object")))
    return True


def _result(value: Any) -> Json:
    """Articles only: nothing else is asked of this Telegram."""
    if not isinstance(value, dict) or value.get("type") != "article":
        raise bad_request("can't parse inline query result: unsupported type")
    content = value.get("input_message_content")
    if not value.get("title") or not isinstance(content, dict):
        raise bad_request("can't parse inline query result: there is no title or content")
    if not 0 < len(str(value.get("id") or "").encode()) <= LONGEST_ID:
        raise bad_request("RESULT_ID_INVALID")
    told = {"text": content.get("message_text"), "parse_mode": content.get("parse_mode")}
    text, entities = text_of(Arguments({name: one for name, one in told.items() if one}))
    markup, _ = markup_of(Arguments({"reply_markup": value["reply_markup"]} if value.get("reply_markup") else {}))
    shown = {name: str(value.get(name) or "") for name in ("id", "title", "description")}
    return {**shown, "text": text, "entities": entities, "markup": markup}


def _button(value: Any) -> Json | None:
    if value is None:
        return None
    if (
        not isinstance(value, dict)
        or not value.get("text")
        or not (value.get("start_parameter") or value.get("web_app"))
    ):
        raise bad_request("can't parse InlineQueryResultsButton")
    return dict(value)

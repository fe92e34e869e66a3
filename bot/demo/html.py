"""Telegram's HTML: a text with tags becomes a plain text and its entities, or Telegram's own complaint.

Rules: https://core.telegram.org/bots/api#html-style. Words of the errors and byte offsets: what the Bot API server
answers (parse_html in tdlib's MessageEntity.cpp).
"""

import re
from dataclasses import dataclass, field

from bot.demo.entities import utf16_length
from bot.demo.people import Json
from bot.demo.refusals import Refused, bad_request

KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,8})|#([0-9]{1,8})|(lt|gt|amp|quot));?")
SPACES = " \t\n\r\v\f"
END = ""


@dataclass(slots=True)
class Tag:
    name: str
    offset: int
    attributes: dict[str, str]


@dataclass(slots=True)
class Reader:
    """Walks the source once; `out` is the text so far, `at` the place in the source."""

    source: str
    at: int = 0
    out: list[str] = field(default_factory=list)
    length: int = 0
    open_tags: list[Tag] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def read(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            if self.here == "<":
                self._end_tag() if self._next() == "/" else self._start_tag()
            else:
                self._emit(self._character())
        if self.open_tags:
            raise unparsable(f'Can\'t find end tag corresponding to start tag "{self.open_tags[-1].name}"')
        return "".join(self.out), sorted(self.entities, key=lambda item: (item["offset"], -item["length"]))

    @property
    def here(self) -> str:
        return self.source[self.at] if self.at < len(self.source) else END

    def _next(self) -> str:
        return self.source[self.at + 1 : self.at + 2]

    def _emit(self, text: str) -> None:
        self.out.append(text)
        self.length += utf16_length(text)

    def _character(self) -> str:
        match = REFERENCE.match(self.source, self.at) if self.here == "&" else None
        decoded = decode(match) if match else None
        if match is None or decoded is None:
            self.at += 1
            return self.source[self.at - 1]
        self.at = match.end()
        return decoded

    def _until(self, stops: str) -> str:
        start = self.at
        while self.here != END and self.here not in stops:
            self.at += 1
        return self.source[start : self.at]

    def _skip_spaces(self) -> None:
        while self.here != END and self.here in SPACES:
            self.at += 1

    def _start_tag(self) -> None:
        begin = self.at
        self.at += 1
        name = self._until(SPACES + ">").lower()
        if self.here == END:
            raise unparsable(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        if name not in KINDS:
            raise unparsable(f'Unsupported start tag "{name}" at byte offset {self._bytes(begin)}')
        attributes = self._attributes(name, begin)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            place = self._bytes(begin)
            raise unparsable(f'Tag "span" must have class "tg-spoiler" at byte offset {place}')
        self.at += 1
        self.open_tags.append(Tag(name, self.length, attributes))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            self._skip_spaces()
            if self.here == ">":
                return found
            name = self._until(SPACES + "=>").lower()
            if not name:
                raise self._broken(f'Empty attribute name in the tag "{tag}"', begin)
            self._skip_spaces()
            if tag == "blockquote" and name == "expandable" and self.here != "=":
                found[name] = ""
                continue
            if self.here != "=":
                words = f'Expected equal sign in declaration of an attribute of the tag "{tag}"'
                raise self._broken(words, begin)
            self.at += 1
            found[name] = self._value(tag, begin)

    def _value(self, tag: str, begin: int) -> str:
        self._skip_spaces()
        if self.here == END:
            raise self._broken(f'Unclosed start tag "{tag}"', begin)
        if self.here not in "'\"":
            return self._bare_value()
        quote = self.here
        self.at += 1
        value: list[str] = []
        while self.here not in (quote, END):
            value.append(self._character())
        self.at += 1
        if self.here == END:
            raise self._broken("Unclosed start tag", begin)
        return "".join(value)

    def _bare_value(self) -> str:
        start = self.at
        while self.here != END and ((self.here.isascii() and self.here.isalnum()) or self.here in ".-"):
            self.at += 1
        if self.here == END or self.here not in SPACES + ">":
            raise self._broken("Unexpected end of name token", start)
        return self.source[start : self.at].lower()

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open_tags:
            raise self._broken("Unexpected end tag", begin)
        self.at += 2
        name = self._until(SPACES + ">").lower()
        self._skip_spaces()
        if self.here != ">":
            raise self._broken("Unclosed end tag", begin)
        tag = self.open_tags.pop()
        if name not in ("", tag.name):
            words = f'expected "</{tag.name}>", found "</{name}>"'
            raise unparsable(f"Unmatched end tag at byte offset {self._bytes(begin)}, {words}")
        self.at += 1
        self._close(tag)

    def _close(self, tag: Tag) -> None:
        text = "".join(self.out)
        length = self.length - tag.offset
        found = entity_of(tag, text.encode("utf-16-le")[tag.offset * 2 :].decode("utf-16-le"))
        if length and found:
            self.entities.append(found | {"offset": tag.offset, "length": length})

    def _broken(self, words: str, begin: int) -> Refused:
        return unparsable(f"{words} at byte offset {self._bytes(begin)}")

    def _bytes(self, index: int) -> int:
        return len(self.source[:index].encode())


def parse(source: str) -> tuple[str, list[Json]]:
    text, entities = Reader(source).read()
    return text, _language_of_code(entities)


def unparsable(words: str) -> Refused:
    return bad_request(f"can't parse entities: {words}")


def decode(match: re.Match[str]) -> str | None:
    """None leaves the reference as it was typed, which Telegram does beyond U+10FFFF."""
    hexadecimal, decimal, name = match.groups()
    if name:
        return NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if 0xD800 <= code <= 0xDFFF:
        words = "Text contains invalid Unicode characters after decoding HTML entities"
        raise unparsable(f"{words}, check for unmatched surrogate code units")
    return chr(code) if 0 < code < 0x10FFFF else None


def entity_of(tag: Tag, inside: str) -> Json | None:
    kind = KINDS[tag.name]
    if kind == "text_link":
        return _link(tag.attributes.get("href") or inside)
    if kind == "custom_emoji":
        return {"type": kind, "custom_emoji_id": tag.attributes.get("emoji-id", "")}
    if kind == "blockquote" and "expandable" in tag.attributes:
        return {"type": "expandable_blockquote"}
    language = tag.attributes.get("class", "").removeprefix("language-") if tag.name == "code" else ""
    return {"type": kind, "language": language} if language else {"type": kind}


def _link(address: str) -> Json | None:
    """An address that Telegram cannot use is dropped without a word, and the text stays."""
    if not re.match(r"(?:https?://|tg://)?[^\s/]+", address) or ("." not in address and "tg://" not in address):
        return None
    return {"type": "text_link", "url": address if "://" in address else f"http://{address}/"}


def _language_of_code(entities: list[Json]) -> list[Json]:
    """`<pre><code class="language-x">` is one entity; a language without its `pre` says nothing."""
    spans = {(item["offset"], item["length"]): item for item in entities if item["type"] == "pre"}
    kept: list[Json] = []
    for item in entities:
        outer = spans.get((item["offset"], item["length"]))
        if item["type"] == "code" and "language" in item:
            if outer is not None:
                outer["language"] = item["language"]
                continue
            item = {key: value for key, value in item.items() if key != "language"}
        kept.append(item)
    return kept

"""Telegram's HTML read strictly: what it would refuse is refused here."""

from html.parser import HTMLParser

ALLOWED = {"b", "i", "u", "s", "code", "pre", "a", "tg-spoiler", "blockquote"}
ENTITIES = {"lt", "gt", "amp", "quot"}


class _Strict(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, f"<{tag}> is unknown to Telegram"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert "<" not in data, f"an open < in {data!r}"
        assert "&" not in data, f"an open & in {data!r}"
        self.text.append(data)

    def handle_entityref(self, name: str) -> None:
        assert name in ENTITIES, f"&{name}; is unknown to Telegram"
        self.text.append({"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[name])

    def handle_charref(self, name: str) -> None:
        self.text.append(chr(int(name)))

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")


def plain(html: str) -> str:
    """The text that a chat shows; AssertionError where Telegram would refuse it."""
    reader = _Strict()
    reader.feed(str(html))
    reader.close()
    assert not reader.open, f"left open: {reader.open}"
    return "".join(reader.text)

"""HTML as Telegram reads it."""

from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.entities import found_in, trimmed, utf16_length, utf16_slice
from bot.demo.html import parse
from bot.demo.refusals import Refused

# The cases of tdlib's own test of parse_html, in other words: the offsets count bytes, the entities UTF-16 units.
BROKEN = [
    ("<abacaba", "Unclosed start tag at byte offset 13"),
    ("<abac aba>", 'Unsupported start tag "abac" at byte offset 13'),
    ("<br/>", 'Unsupported start tag "br/" at byte offset 13'),
    ("<i   =aba>", 'Empty attribute name in the tag "i" at byte offset 13'),
    ("<i    aba>", 'Expected equal sign in declaration of an attribute of the tag "i" at byte offset 13'),
    ("<i    aba  =  ", 'Unclosed start tag "i" at byte offset 13'),
    ("<i    aba  =  190azAz-.,", "Unexpected end of name token at byte offset 27"),
    ("<i aba='&lt;>", "Unclosed start tag at byte offset 13"),
    ("</", "Unexpected end tag at byte offset 13"),
    ("<b></b></", "Unexpected end tag at byte offset 20"),
    ("<i>a</i   ", "Unclosed end tag at byte offset 17"),
    ("<i>a</em   >", 'Unmatched end tag at byte offset 17, expected "</i>", found "</em>"'),
    ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
    ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 13'),
]


@pytest.mark.parametrize(("source", "words"), BROKEN, ids=[case[0] for case in BROKEN])
def test_broken_html_is_refused_with_the_place(source: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        parse("🏟 🏟&lt;" + source)
    assert caught.value.description == f"Bad Request: can't parse entities: {words}"


def test_an_unmatched_surrogate_is_refused() -> None:
    with pytest.raises(Refused, match="unmatched surrogate"):
        parse("&#57311;")


READ: list[tuple[str, str, list[tuple[str, int, int]]]] = [
    ("", "", []),
    ("&lt;&gt;&amp;&quot;&laquo;&#12345678;", '<>&"&laquo;&#12345678;', []),
    ("&#39;&#x27;", "''", []),
    ("🏟 🏟<i>🏟 &lt🏟</i>", "🏟 🏟🏟 <🏟", [("italic", 5, 6)]),
    ("➡️ ➡️<strong>➡️ ➡️</strong>", "➡️ ➡️➡️ ➡️", [("bold", 5, 5)]),
    ("<i>🏟 &gt;<b aba = caba>&lt🏟</b></i>", "🏟 ><🏟", [("italic", 0, 7), ("bold", 4, 3)]),
    ("<b></b>a", "a", []),
    ("<i>a</>", "a", [("italic", 0, 1)]),
    (
        "<u>a</u><s>b</s><code>c</code><pre>d</pre>",
        "abcd",
        [("underline", 0, 1), ("strikethrough", 1, 1), ("code", 2, 1), ("pre", 3, 1)],
    ),
    ('<span class="tg-spoiler">a</span>', "a", [("spoiler", 0, 1)]),
    ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1)]),
    ('<pre><code class="language-x">a</code></pre>', "a", [("pre", 0, 1)]),
    ('<a href="https://a.example?x=1&amp;y=2">a</a>', "a", [("text_link", 0, 1)]),
    ('<a href="nowhere">a</a>', "a", []),
]


@pytest.mark.parametrize(("source", "text", "entities"), READ, ids=[case[0] for case in READ])
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    found_text, found = parse(source)
    assert found_text == text
    assert [(item["type"], item["offset"], item["length"]) for item in found] == entities


def test_a_link_keeps_its_decoded_address_and_code_its_language() -> None:
    assert parse('<a href="https://a.example?x=1&amp;y=2">a</a>')[1][0]["url"] == "https://a.example?x=1&y=2"
    assert parse('<pre><code class="language-py">a</code></pre>')[1][0]["language"] == "py"


@given(st.text())
def test_whatever_was_escaped_comes_back_as_typed(typed: str) -> None:
    assert parse(escape(typed)) == (typed, [])


@given(st.text(), st.text(min_size=1), st.text())
def test_an_entity_covers_exactly_what_stood_between_the_tags(before: str, inside: str, after: str) -> None:
    text, (bold,) = parse(f"{escape(before)}<b>{escape(inside)}</b>{escape(after)}")
    assert utf16_slice(text, bold["offset"], bold["length"]) == inside


@given(st.text(alphabet=st.sampled_from("<>/b i&;=\"'a🏟")))
def test_the_parser_reads_or_refuses_and_never_breaks(source: str) -> None:
    try:
        text, entities = parse(source)
    except Refused:
        return
    assert all(item["offset"] + item["length"] <= utf16_length(text) for item in entities)


@given(st.text(), st.text(alphabet=" \n"))
def test_trimming_moves_entities_along(inside: str, space: str) -> None:
    source = f"{space}{inside}{space}"
    marked: list[dict[str, Any]] = [{"type": "bold", "offset": 0, "length": utf16_length(source)}]
    text, entities = trimmed(source, marked)
    assert text == source.strip()
    assert [utf16_slice(text, item["offset"], item["length"]) for item in entities] == ([text] if text else [])


FOUND = [
    ("/pay 5000", [("bot_command", "/pay")]),
    ("🏟 /pay@guichet_bot now", [("bot_command", "/pay@guichet_bot")]),
    ("1/2 and a/b", []),
    ("see https://shop.example/a?b=1.", [("url", "https://shop.example/a?b=1")]),
    (
        "ask @guichet_bot or a@shop.example #late",
        [("mention", "@guichet_bot"), ("email", "a@shop.example"), ("hashtag", "#late")],
    ),
]


@pytest.mark.parametrize(("text", "wanted"), FOUND, ids=[case[0] for case in FOUND])
def test_telegram_marks_these_by_itself(text: str, wanted: list[tuple[str, str]]) -> None:
    found = [(item["type"], utf16_slice(text, item["offset"], item["length"])) for item in found_in(text)]
    assert found == wanted

"""Reads a page as people do: its sentences, and whether they are in the reader's language."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

RAW = re.compile(
    r"Traceback|Exception|\b\w+Error\b|Errno|\bNone\b|object at 0x|\bpandas\b|\bpyarrow\b|\blxml\b"
    r"|\bexpat\b|\bzipfile\b|codec can't|/tmp/|site-packages"
)
# Four English words in a row are a sentence; names, units and formats are shorter.
ENGLISH = re.compile(r"(?:\b[A-Za-z][a-z’']*[,;:]?\s+){3,}[a-z’']+")
JAPANESE = re.compile(r"[\u3040-\u30ff]")


class Words(HTMLParser):
    """Collects what is shown, without markup and without what a browser hides."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("script", "style", "svg")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style", "svg")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def words(response: Any) -> str:
    """What a person reads of an answer, in one line."""
    reader = Words()
    reader.feed(response.content.decode())
    return " ".join(" ".join(reader.parts).split())


def markup(response: Any) -> str:
    """The HTML of an answer, with one space where a template has many."""
    return " ".join(response.content.decode().split()).replace(" >", ">")


def is_fit(response: Any, language: str, *, own: tuple[str, ...] = ()) -> str:
    """Check that an answer is for people, in their language; `own` is what somebody wrote."""
    assert response.status_code < 500
    text = words(response)
    for quoted in (" ".join(one.split()) for one in own):
        text = text.replace(quoted, " ") if quoted else text
    assert not RAW.search(text), RAW.search(text)
    if language == "ja":
        assert JAPANESE.search(text)
        assert not ENGLISH.search(text), ENGLISH.search(text)
    return words(response)

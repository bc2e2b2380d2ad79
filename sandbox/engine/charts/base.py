"""What every chart is made of: colours, words, axes."""

import unicodedata
from collections.abc import Mapping
from typing import Any

import altair as alt

INK, QUIET, GRID, MAIN, SECOND = "#1c2430", "#505b69", "#ddd8cc", "#1f5f6b", "#a8431a"
WIDTH = 520
NAME = 22
"""Letters of a name in one line; those of Japanese count twice."""

Words = Mapping[str, str]
Chart = Any
"""altair's own types say less than its charts can do."""
Result = Mapping[str, Any]


def say(words: Words, key: str) -> str:
    """The word for a part of a chart in the language of `words`."""
    return str(words.get(key, key))


def figure(score: float) -> str:
    """Three decimals for shares, none for large numbers."""
    return f"{score:,.0f}" if abs(score) >= 100 else f"{score:.3f}"


def numbers() -> alt.Axis:
    """An axis of numbers, in full up to millions: 0.2k is no number people write."""
    label = "abs(datum.value) < 1e7 ? format(datum.value, ',.3~f') : datum.label"
    return alt.Axis(format="~s", labelExpr=label)


def in_lines(name: str) -> str:
    """A long name in two lines, to stand beside an axis; broken before what is in brackets."""
    wide = sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in name)
    marks = [place for mark in (" (", "（", ", ") if (place := name.find(mark)) > 0]
    if wide <= NAME or not marks:
        return name
    place = min(marks) + (name[min(marks)] == ",")
    return f"{name[:place]}\n{name[place:].lstrip()}"


def classes() -> alt.Axis:
    """An axis of names."""
    return alt.Axis(labelColor=INK, ticks=False, domain=False, labelLimit=120, labelPadding=6)

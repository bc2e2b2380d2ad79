"""What every chart is made of: colours, words, channels, axes."""

import unicodedata
from collections.abc import Mapping
from typing import Any

INK, QUIET, GRID, MAIN, SECOND = "#1c2430", "#505b69", "#ddd8cc", "#1f5f6b", "#a8431a"
NAME = 22
"""Letters of a name in one line; those of Japanese count twice."""

Words = Mapping[str, str]
Result = Mapping[str, Any]
Chart = dict[str, Any]
"""A Vega-Lite specification, or a part of one."""

FROM_ITS_LEAST = {"zero": False}
FROM_END_TO_END = {"nice": False, "zero": False}


def say(words: Words, key: str) -> str:
    """The word for a part of a chart in the language of `words`."""
    return str(words.get(key, key))


def quantity(field: str, **how: Any) -> Chart:
    """A channel that shows a number."""
    return {"field": field, "type": "quantitative", **how}


def category(field: str, **how: Any) -> Chart:
    """A channel that shows a name."""
    return {"field": field, "type": "nominal", **how}


def line(**how: Any) -> Chart:
    """A mark: values joined, as wide as the most important one of a chart."""
    return {"type": "line", "strokeWidth": 2.5, **how}


def dashes(**how: Any) -> Chart:
    """A line to compare with."""
    return {"type": "line", "color": SECOND, "strokeWidth": 1.5, "strokeDash": [5, 4], **how}


def dots(size: int, **how: Any) -> Chart:
    """A mark: one filled point for each value."""
    return {"type": "point", "filled": True, "size": size, "opacity": 1, **how}


def colours(said: Mapping[str, str], *, of: tuple[str, ...]) -> Chart:
    """The channel that tells lines apart, by what each is called."""
    return category("line", scale={"domain": list(said.values()), "range": list(of)})


def figure(score: float) -> str:
    """Three decimals for shares, none for large numbers."""
    return f"{score:,.0f}" if abs(score) >= 100 else f"{score:.3f}"


def numbers() -> Chart:
    """An axis of numbers, in full up to millions: 0.2k is no number people write."""
    label = "abs(datum.value) < 1e7 ? format(datum.value, ',.3~f') : datum.label"
    return {"format": "~s", "labelExpr": label}


def in_lines(name: str) -> str:
    """A long name in two lines, to stand beside an axis; broken before what is in brackets."""
    wide = sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in name)
    marks = [place for mark in (" (", "（", ", ") if (place := name.find(mark)) > 0]
    if wide <= NAME or not marks:
        return name
    place = min(marks) + (name[min(marks)] == ",")
    return f"{name[:place]}\n{name[place:].lstrip()}"


def names(**how: Any) -> Chart:
    """An axis of names."""
    return {"labelColor": INK, "ticks": False, "domain": False, **how}


def classes() -> Chart:
    """An axis of short names."""
    return names(labelLimit=120, labelPadding=6)

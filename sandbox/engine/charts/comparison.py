"""The pictures of every training: how the learners did, with how many rows, by which columns."""

import math
from collections.abc import Mapping
from typing import Any

from .base import (
    FROM_END_TO_END,
    FROM_ITS_LEAST,
    MAIN,
    SECOND,
    Chart,
    Result,
    Words,
    category,
    colours,
    dots,
    figure,
    in_lines,
    line,
    names,
    numbers,
    quantity,
    say,
)

SHOWN_COLUMNS = 12


def learning_curve(result: Result, words: Words) -> Chart | None:
    """The score on rows learnt from and on validation rows, by rows seen or by iteration."""
    points = result["learning_curve"]
    if len(points) < 2:
        return None
    along = "rows" if "rows" in points[0] else "iteration"
    lines = {
        name: say(words, f"learning_curve.{name}")
        for name in ("train", "validation")
        if any(point[name] is not None for point in points)
    }
    values = [
        {"x": point[along], "y": point[name], "line": said}
        for point in points
        for name, said in lines.items()
        if point[name] is not None
    ]
    metric = "metric." + result["metric"] if along == "rows" else "learning_curve.loss"
    return {
        "height": 220,
        "data": {"values": values},
        "encoding": {
            "x": quantity(
                "x",
                title=say(words, f"learning_curve.{along}"),
                scale=FROM_END_TO_END,
                axis={"grid": False, "format": ",d"},
            ),
            "y": quantity("y", title=say(words, metric), scale=FROM_ITS_LEAST, axis=numbers()),
            "color": colours(lines, of=(SECOND, MAIN)[-len(lines) :]),
        },
        "layer": [{"mark": line()}, *([{"mark": dots(60)}] if along == "rows" else [])],
    }


def leaderboard(result: Result, words: Words) -> Chart | None:
    """Every model's validation score with its interval, beside the baseline's."""
    rows = [row for row in result["leaderboard"] if row["validation"] is not None]
    values = [
        {
            "model": in_lines(say(words, "learner." + row["model"])),
            "score": row["validation"],
            "low": _edge(row, 0),
            "high": _edge(row, 1),
            "text": figure(row["validation"]),
            "role": "guess" if row["model"] == result["baseline"]["name"] else "model",
        }
        for row in rows
    ]
    axis = names(labelPadding=10, labelLimit=240, labelExpr=r"split(datum.label, '\n')")
    score = quantity(
        "score",
        title=say(words, "metric." + result["metric"]),
        scale={"zero": False, "padding": 24},
        axis=numbers(),
    )
    span = {"x": quantity("low", scale=FROM_ITS_LEAST), "x2": {"field": "high"}}
    roles = {"domain": ["guess", "model"], "range": [SECOND, MAIN]}
    colour = category("role", scale=roles, legend=None)
    return {
        "height": 56 * len(values),
        "data": {"values": values},
        "encoding": {"y": category("model", title=None, sort=None, axis=axis)},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 6, "opacity": 0.3},
                "encoding": {**span, "color": colour},
            },
            {"mark": dots(110), "encoding": {"x": score, "color": colour}},
            {
                "mark": {"type": "text", "dy": -15},
                "encoding": {"x": score, "text": category("text")},
            },
        ],
    }


def importance(result: Result, words: Words) -> Chart | None:
    """How much worse the score gets when a column is shuffled, the worst first."""
    values = [row for row in result["importance"][:SHOWN_COLUMNS] if row["mean"] > 0]
    if not values:
        return None
    drop = quantity("mean", title=say(words, "importance.drop"), axis=numbers())
    return {
        "height": 28 * len(values),
        "data": {"values": values},
        "encoding": {"y": category("column", title=None, sort=None, axis=names(labelPadding=8))},
        "layer": [
            {
                "mark": {"type": "bar", "color": MAIN, "height": {"band": 0.62}},
                "encoding": {"x": drop},
            },
            {
                "mark": {"type": "rule", "color": SECOND, "strokeWidth": 2},
                "encoding": {"x": quantity("low"), "x2": {"field": "high"}},
            },
        ],
    }


def _edge(row: Mapping[str, Any], side: int) -> float:
    """One end of a row's interval; the score itself where there is none."""
    edge = (row["interval"] or [None, None])[side]
    return float(row["validation"] if edge is None or math.isnan(edge) else edge)


CHARTS = {"learning_curve": learning_curve, "leaderboard": leaderboard, "importance": importance}

"""The pictures of every training: how the learners did, with how many rows, by which columns."""

import math
from collections.abc import Mapping
from typing import Any

import altair as alt

from .base import INK, MAIN, SECOND, WIDTH, Chart, Result, Words, figure, in_lines, numbers, say

SHOWN_COLUMNS = 12


def learning_curve(result: Result, words: Words) -> Chart | None:
    """The score on rows learnt from and on validation rows, by rows seen or by iteration."""
    points = result["learning_curve"]
    if len(points) < 2:
        return None
    along = "rows" if "rows" in points[0] else "iteration"
    lines = {
        line: say(words, f"learning_curve.{line}")
        for line in ("train", "validation")
        if any(point[line] is not None for point in points)
    }
    values = [
        {"x": point[along], "y": point[line], "line": said}
        for point in points
        for line, said in lines.items()
        if point[line] is not None
    ]
    metric = "metric." + result["metric"] if along == "rows" else "learning_curve.loss"
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X(
            "x:Q",
            title=say(words, f"learning_curve.{along}"),
            scale=alt.Scale(nice=False, zero=False),
            axis=alt.Axis(grid=False, format=",d"),
        ),
        y=alt.Y("y:Q", title=say(words, metric), scale=alt.Scale(zero=False), axis=numbers()),
        color=alt.Color(
            "line:N",
            scale=alt.Scale(domain=list(lines.values()), range=[SECOND, MAIN][-len(lines) :]),
        ),
    )
    marks = [base.mark_line(strokeWidth=2.5)]
    if along == "rows":
        marks.append(base.mark_point(filled=True, size=60, opacity=1))
    return alt.layer(*marks).properties(width=WIDTH, height=220)


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
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y(
            "model:N",
            title=None,
            sort=None,
            axis=alt.Axis(
                labelColor=INK,
                ticks=False,
                domain=False,
                labelPadding=10,
                labelExpr=r"split(datum.label, '\n')",
            ),
        )
    )
    score = alt.X(
        "score:Q",
        title=say(words, "metric." + result["metric"]),
        scale=alt.Scale(zero=False, padding=24),
        axis=numbers(),
    )
    colour = alt.Color(
        "role:N", scale=alt.Scale(domain=["guess", "model"], range=[SECOND, MAIN]), legend=None
    )
    return alt.layer(
        base.mark_rule(strokeWidth=6, opacity=0.3).encode(
            x=alt.X("low:Q", scale=alt.Scale(zero=False)), x2="high:Q", color=colour
        ),
        base.mark_point(filled=True, size=110, opacity=1).encode(x=score, color=colour),
        base.mark_text(dy=-15).encode(x=score, text="text:N"),
    ).properties(width=WIDTH, height=56 * len(values))


def importance(result: Result, words: Words) -> Chart | None:
    """How much worse the score gets when a column is shuffled, the worst first."""
    values = [row for row in result["importance"][:SHOWN_COLUMNS] if row["mean"] > 0]
    if not values:
        return None
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y(
            "column:N",
            title=None,
            sort=None,
            axis=alt.Axis(labelColor=INK, ticks=False, domain=False, labelPadding=8),
        )
    )
    drop = alt.X("mean:Q", title=say(words, "importance.drop"), axis=numbers())
    return alt.layer(
        base.mark_bar(color=MAIN, height={"band": 0.62}).encode(x=drop),
        base.mark_rule(color=SECOND, strokeWidth=2).encode(x="low:Q", x2="high:Q"),
    ).properties(width=WIDTH, height=28 * len(values))


def _edge(row: Mapping[str, Any], side: int) -> float:
    """One end of a row's interval; the score itself where there is none."""
    edge = (row["interval"] or [None, None])[side]
    return float(row["validation"] if edge is None or math.isnan(edge) else edge)


CHARTS = {"learning_curve": learning_curve, "leaderboard": leaderboard, "importance": importance}

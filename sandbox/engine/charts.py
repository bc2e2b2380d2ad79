"""The pictures of a result: one Vega-Lite spec each, drawn to SVG for page and PDF alike."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
from altair.utils import schemapi

from .job import LANGUAGES

INK, QUIET, GRID, MAIN, SECOND = "#1c2430", "#505b69", "#ddd8cc", "#1f5f6b", "#a8431a"
FONT = "Noto Sans CJK JP, sans-serif"
WIDTH = 520
COMMON = ("learning_curve", "leaderboard", "importance")
SHOWN_COLUMNS = 12
SHOWN_CLASSES = 24
WRITTEN_CLASSES = 10

Words = Mapping[str, str]
Chart = Any
"""altair's own types say less than its charts can do."""
Result = Mapping[str, Any]


def draw(
    result: Result,
    names: Sequence[str],
    words: Mapping[str, Words],
    output: Callable[[str], Path],
    *,
    deadline: float,
) -> tuple[list[str], bool]:
    """Write `charts/<name>.<language>.svg` for charts with something to show.

    Returns their names, and whether `deadline` (on `time.monotonic`'s clock) left time for all.
    """
    drawn: list[str] = []
    # altair checks every piece against its schema while it is put together; ours never vary
    with schemapi.debug_mode(arg=False):
        for name in names:
            if time.monotonic() > deadline:
                return drawn, False
            for language in LANGUAGES:
                chart = CHARTS[name](result, words.get(language) or {})
                if chart is None:
                    break
                output(f"charts/{name}.{language}.svg").write_text(svg(chart), "utf-8")
            else:
                drawn.append(name)
    return drawn, True


def svg(chart: Chart) -> str:
    """A chart as SVG text; nothing is fetched."""
    return str(vl_convert.vegalite_to_svg(spec(chart), allowed_base_urls=[]))


def spec(chart: Chart) -> dict[str, Any]:
    """A chart as a Vega-Lite spec in the house style."""
    axis = {
        "labelColor": QUIET,
        "titleColor": QUIET,
        "gridColor": GRID,
        "domainColor": GRID,
        "tickColor": GRID,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "labelLimit": 190,
        "titleLimit": 420,
        "labelFlush": False,
    }
    made = chart.to_dict(validate=False)
    made["autosize"] = {"type": "fit-x", "contains": "padding"}
    made["config"] = {
        "background": None,
        "font": FONT,
        "padding": 6,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {
            "titlePadding": 10,
            "labelBound": 8,
            "labelAngle": 0,
            "tickCount": 5,
            "labelOverlap": True,
        },
        "axisY": {
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "end",
            "titleBaseline": "bottom",
            "titleX": 0,
            "titleY": -10,
            "tickCount": 5,
        },
        "legend": {
            "labelColor": INK,
            "labelFontSize": 13,
            "orient": "top",
            "direction": "horizontal",
            "title": None,
            "symbolStrokeWidth": 3,
            "symbolSize": 120,
            "offset": 34,
            "labelLimit": 240,
        },
        "text": {"color": INK, "fontSize": 13},
        "title": {"color": INK},
    }
    return dict(made)


def learning_curve(result: Result, words: Words) -> Chart | None:
    """The score on rows learnt from and on validation rows, by rows seen or by iteration."""
    points = result["learning_curve"]
    if len(points) < 2:
        return None
    along = "rows" if "rows" in points[0] else "iteration"
    lines = {
        "train": _say(words, "learning_curve.train"),
        "validation": _say(words, "learning_curve.validation"),
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
            title=_say(words, f"learning_curve.{along}"),
            scale=alt.Scale(nice=False, zero=False),
            axis=alt.Axis(grid=False, format=",d"),
        ),
        y=alt.Y("y:Q", title=_say(words, metric), scale=alt.Scale(zero=False), axis=_numbers()),
        color=alt.Color(
            "line:N", scale=alt.Scale(domain=list(lines.values()), range=[SECOND, MAIN])
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
            "model": _say(words, "learner." + row["model"]),
            "score": row["validation"],
            "low": _edge(row, 0),
            "high": _edge(row, 1),
            "text": _figure(row["validation"]),
            "role": "guess" if row["model"] == result["baseline"]["name"] else "model",
        }
        for row in rows
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y(
            "model:N",
            title=None,
            sort=None,
            axis=alt.Axis(labelColor=INK, ticks=False, domain=False, labelPadding=10),
        )
    )
    score = alt.X(
        "score:Q",
        title=_say(words, "metric." + result["metric"]),
        scale=alt.Scale(zero=False, padding=24),
        axis=_numbers(),
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
    drop = alt.X("mean:Q", title=_say(words, "importance.drop"), axis=_numbers())
    return alt.layer(
        base.mark_bar(color=MAIN, height={"band": 0.62}).encode(x=drop),
        base.mark_rule(color=SECOND, strokeWidth=2).encode(x="low:Q", x2="high:Q"),
    ).properties(width=WIDTH, height=28 * len(values))


def confusion(result: Result, words: Words) -> Chart | None:
    """What the model said against what was true, on the test rows."""
    table = result["confusion"]
    if not table or len(table["labels"]) > SHOWN_CLASSES:
        return None
    values = [
        {
            "truth": truth,
            "said": said,
            "count": count,
            "share": count / max(1, sum(counts)),
        }
        for truth, counts in zip(table["labels"], table["matrix"], strict=True)
        for said, count in zip(table["labels"], counts, strict=True)
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("said:N", title=_say(words, "confusion.said"), sort=None, axis=_classes()),
        y=alt.Y("truth:N", title=_say(words, "confusion.truth"), sort=None, axis=_classes()),
    )
    cells = base.mark_rect(color=MAIN).encode(
        opacity=alt.Opacity(
            "share:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 0.55]), legend=None
        )
    )
    layers = [cells]
    if len(table["labels"]) <= WRITTEN_CLASSES:
        layers.append(base.mark_text(fontSize=15).encode(text=alt.Text("count:Q", format=",d")))
    return alt.layer(*layers).properties(width=WIDTH, height=max(200, 30 * len(table["labels"])))


def residuals(result: Result, words: Words) -> Chart | None:
    """Predicted against actual numbers on the test rows; on the line, the model is right."""
    facts = result["residuals"]
    if not facts or not facts["points"]:
        return None
    ends = [point[side] for point in facts["points"] for side in ("actual", "predicted")]
    low, high = min(ends), max(ends)
    scale = alt.Scale(domain=[low, high], nice=True, zero=False)
    x = alt.X("actual:Q", title=_say(words, "residuals.actual"), scale=scale, axis=_numbers())
    y = alt.Y("predicted:Q", title=_say(words, "residuals.predicted"), scale=scale, axis=_numbers())
    dots = alt.Chart(alt.InlineData(values=facts["points"])).mark_point(
        filled=True, size=36, opacity=0.5, color=MAIN
    )
    line = alt.Chart(
        alt.InlineData(values=[{"actual": end, "predicted": end} for end in (low, high)])
    ).mark_line(color=SECOND, strokeWidth=1.5, strokeDash=[5, 4])
    return alt.layer(dots.encode(x=x, y=y), line.encode(x=x, y=y)).properties(
        width=WIDTH, height=300
    )


def _say(words: Words, key: str) -> str:
    return str(words.get(key, key))


def _edge(row: Mapping[str, Any], side: int) -> float:
    """One end of a row's interval; the score itself where there is none."""
    edge = (row["interval"] or [None, None])[side]
    return float(row["validation"] if edge is None or math.isnan(edge) else edge)


def _figure(score: float) -> str:
    """Three decimals for shares, none for large numbers."""
    return f"{score:,.0f}" if abs(score) >= 100 else f"{score:.3f}"


def _numbers() -> alt.Axis:
    label = "abs(datum.value) < 1 ? format(datum.value, '.3~f') : datum.label"
    return alt.Axis(format="~s", labelExpr=label)


def _classes() -> alt.Axis:
    return alt.Axis(labelColor=INK, ticks=False, domain=False, labelLimit=120, labelPadding=6)


CHARTS: dict[str, Callable[[Result, Words], Chart | None]] = {
    "learning_curve": learning_curve,
    "leaderboard": leaderboard,
    "importance": importance,
    "confusion": confusion,
    "residuals": residuals,
}

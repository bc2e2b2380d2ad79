"""The pictures of a model that predicts a column: right and wrong, class by class or by amount."""

import altair as alt

from .base import MAIN, SECOND, WIDTH, Chart, Result, Words, classes, numbers, say

SHOWN_CLASSES = 24
WRITTEN_CLASSES = 10


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
        x=alt.X("said:N", title=say(words, "confusion.said"), sort=None, axis=classes()),
        y=alt.Y("truth:N", title=say(words, "confusion.truth"), sort=None, axis=classes()),
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
    x = alt.X("actual:Q", title=say(words, "residuals.actual"), scale=scale, axis=numbers())
    y = alt.Y("predicted:Q", title=say(words, "residuals.predicted"), scale=scale, axis=numbers())
    dots = alt.Chart(alt.InlineData(values=facts["points"])).mark_point(
        filled=True, size=36, opacity=0.5, color=MAIN
    )
    line = alt.Chart(
        alt.InlineData(values=[{"actual": end, "predicted": end} for end in (low, high)])
    ).mark_line(color=SECOND, strokeWidth=1.5, strokeDash=[5, 4])
    return alt.layer(dots.encode(x=x, y=y), line.encode(x=x, y=y)).properties(
        width=WIDTH, height=300
    )


CHARTS = {"confusion": confusion, "residuals": residuals}

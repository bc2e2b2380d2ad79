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


def calibration(result: Result, words: Words) -> Chart | None:
    """What the model said against what happened; on the line, its probabilities hold."""
    bins = result["calibration"]
    if not bins:
        return None
    x = alt.X("said:Q", title=say(words, "calibration.said"), axis=alt.Axis(format="%"))
    y = alt.Y("happened:Q", title=say(words, "calibration.happened"), axis=alt.Axis(format="%"))
    ends = alt.Chart(alt.InlineData(values=[{"said": end, "happened": end} for end in (0, 1)]))
    said = alt.Chart(alt.InlineData(values=bins)).encode(x=x, y=y)
    return alt.layer(
        ends.mark_line(color=SECOND, strokeWidth=1.5, strokeDash=[5, 4]).encode(x=x, y=y),
        said.mark_line(color=MAIN, strokeWidth=2),
        said.mark_point(filled=True, size=60, opacity=1, color=MAIN),
    ).properties(width=WIDTH, height=260)


def dependence(result: Result, words: Words) -> Chart | None:
    """What the model says on average as one column changes, for the columns that matter most."""
    if not result["dependence"]:
        return None
    ends = [point[1] for each in result["dependence"] for point in each["points"]]
    scale = alt.Scale(domain=[min(ends), max(ends)], zero=False, nice=True)
    drawn = []
    for each in result["dependence"]:
        is_number = not isinstance(each["points"][0][0], str)
        values = [{"value": value, "said": said} for value, said in each["points"]]
        x = (
            alt.X("value:Q", title=each["column"], scale=alt.Scale(zero=False), axis=numbers())
            if is_number
            else alt.X("value:N", title=each["column"], sort=None, axis=classes())
        )
        y = alt.Y("said:Q", title=say(words, "dependence.said"), scale=scale, axis=numbers())
        base = alt.Chart(alt.InlineData(values=values)).encode(x=x, y=y)
        mark = (
            base.mark_line(strokeWidth=2.5)
            if is_number
            else base.mark_point(filled=True, size=120, opacity=1)
        )
        drawn.append(mark.encode(color=alt.value(MAIN)).properties(width=WIDTH, height=150))
    return alt.vconcat(*drawn, spacing=28)


CHARTS = {
    "confusion": confusion,
    "residuals": residuals,
    "calibration": calibration,
    "dependence": dependence,
}

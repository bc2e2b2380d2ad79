"""The pictures of anomaly detection: how strange rows are, and what alerts would find."""

import altair as alt

from .base import MAIN, SECOND, WIDTH, Chart, Result, Words, numbers, say


def anomaly_scores(result: Result, words: Words) -> Chart | None:
    """How many rows have which score, and from which score on they are alerts."""
    values = result.get("histogram")
    if not values:
        return None
    bars = (
        alt.Chart(alt.InlineData(values=[one for one in values if one["rows"]]))
        .mark_bar(color=MAIN, stroke=None)
        .encode(
            x=alt.X(
                "low:Q",
                title=say(words, "anomaly_scores.score"),
                bin="binned",
                axis=alt.Axis(grid=False, tickCount=6, format="~g"),
            ),
            x2="high:Q",
            y=alt.Y(
                "rows:Q",
                title=say(words, "anomaly_scores.rows"),
                scale=alt.Scale(type="symlog"),
                axis=alt.Axis(values=[1, 10, 100, 1_000, 10_000, 100_000], format=",d"),
            ),
        )
    )
    line = alt.Chart(
        alt.InlineData(
            values=[
                {
                    "at": result["alert"]["threshold"],
                    "said": say(words, "anomaly_scores.alert"),
                }
            ]
        )
    ).encode(x="at:Q")
    return alt.layer(
        bars,
        line.mark_rule(color=SECOND, strokeWidth=2.5),
        line.mark_text(color=SECOND, align="right", dx=-6, y=8).encode(text="said:N"),
    ).properties(width=WIDTH, height=220)


def precision_recall(result: Result, words: Words) -> Chart | None:
    """Of the alerts, how many are right, by how many of the anomalies they find; test rows."""
    values = result.get("precision_recall")
    if not values:
        return None
    share = alt.Scale(domain=[0, 1])
    curve = (
        alt.Chart(alt.InlineData(values=values))
        .mark_line(color=MAIN, strokeWidth=2.5, interpolate="step-before")
        .encode(
            x=alt.X("recall:Q", title=say(words, "metric.recall"), scale=share, axis=numbers()),
            y=alt.Y(
                "precision:Q", title=say(words, "metric.precision"), scale=share, axis=numbers()
            ),
        )
    )
    chance = alt.Chart(
        alt.InlineData(
            values=[
                {
                    "at": result["base_rate"],
                    "x": 0,
                    "said": say(words, "precision_recall.chance"),
                }
            ]
        )
    ).encode(y="at:Q")
    return alt.layer(
        curve,
        chance.mark_rule(color=SECOND, strokeWidth=1.5, strokeDash=[5, 4]),
        chance.mark_text(color=SECOND, align="left", dx=4, dy=-8).encode(x="x:Q", text="said:N"),
    ).properties(width=WIDTH, height=260)


CHARTS = {"anomaly_scores": anomaly_scores, "precision_recall": precision_recall}

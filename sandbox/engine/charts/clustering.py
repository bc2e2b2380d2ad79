"""The pictures of clusters: where they lie, what they are like, why there are so many."""

import altair as alt

from sandbox.engine.figures import signed

from .base import INK, MAIN, QUIET, SECOND, WIDTH, Chart, Result, Words, classes, numbers, say

SHOWN_COLUMNS = 12
FAR = 2.0
"""Standard deviations from which on a colour gets no stronger."""


def cluster_picture(result: Result, words: Words) -> Chart | None:
    """Every row where it lies, coloured and numbered by its cluster."""
    facts = result.get("picture")
    if not facts or result["clusters"] < 2:
        return None
    base = alt.Chart(alt.InlineData(values=facts["points"]))
    dots = base.mark_point(filled=True, size=26, opacity=0.7).encode(
        x=alt.X("x:Q", title=say(words, "cluster_picture.first"), axis=numbers()),
        y=alt.Y("y:Q", title=say(words, "cluster_picture.second"), axis=numbers()),
        color=alt.Color("cluster:N", scale=alt.Scale(scheme="tableau10"), legend=None),
    )
    names = (
        base.transform_filter("datum.cluster > 0")
        .mark_text(fontSize=17, fontWeight="bold", color=INK)
        .encode(x="mean(x):Q", y="mean(y):Q", text="cluster:N")
    )
    return alt.layer(dots, names).properties(width=WIDTH, height=360)


def cluster_profile(result: Result, words: Words) -> Chart | None:
    """By how many standard deviations each cluster's mean lies off the mean of all rows."""
    profile = [one for one in result.get("profile") or [] if one["cluster"]]
    if len(profile) < 2:
        return None
    shown = [fact["column"] for fact in profile[0]["columns"]][:SHOWN_COLUMNS]
    values = [
        {
            "cluster": one["cluster"],
            "column": fact["column"] if fact["level"] is None else f"{fact['column']} *",
            "z": fact["z"],
            "far": abs(fact["z"]),
            "said": signed(fact["z"]) if fact["level"] is None else fact["level"][:12],
        }
        for one in profile
        for fact in one["columns"][:SHOWN_COLUMNS]
        if fact["z"] is not None
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("cluster:O", title=say(words, "cluster_profile.cluster"), axis=classes()),
        y=alt.Y("column:N", title=None, sort=None, axis=classes()),
    )
    cells = base.mark_rect().encode(
        color=alt.condition("datum.z < 0", alt.value(SECOND), alt.value(MAIN)),
        # paler towards the middle, whatever lies below: the page is light or dark
        opacity=alt.Opacity(
            "far:Q", scale=alt.Scale(domain=[0, FAR], range=[0.04, 0.55], clamp=True), legend=None
        ),
    )
    text = base.mark_text(fontSize=12, color=INK).encode(text="said:N")
    return alt.layer(cells, text).properties(width=WIDTH, height=30 * len(shown))


def cluster_choice(result: Result, words: Words) -> Chart | None:
    """How good each number of clusters was for the model that was kept."""
    curves = {one["model"]: one["points"] for one in result.get("choice") or []}
    points = curves.get(result["best"], [])
    if len(points) < 2:
        return None
    best = max(points, key=lambda one: one["score"])
    x = alt.X("clusters:O", title=say(words, "cluster_choice.clusters"), axis=alt.Axis(grid=False))
    y = alt.Y(
        "score:Q",
        title=say(words, "cluster_choice.score"),
        scale=alt.Scale(zero=False),
        axis=numbers(),
    )
    curve = alt.Chart(alt.InlineData(values=points)).encode(x=x, y=y)
    chosen = alt.Chart(alt.InlineData(values=[best])).encode(x=x, y=y)
    return alt.layer(
        curve.mark_line(color=QUIET, strokeWidth=2),
        curve.mark_point(filled=True, size=50, color=QUIET, opacity=1),
        chosen.mark_point(filled=True, size=160, color=MAIN, opacity=1),
    ).properties(width=WIDTH, height=200)


CHARTS = {
    "cluster_picture": cluster_picture,
    "cluster_profile": cluster_profile,
    "cluster_choice": cluster_choice,
}

"""The pictures of clusters: where they lie, what they are like, why there are so many."""

from sandbox.engine.figures import signed

from .base import (
    FROM_ITS_LEAST,
    INK,
    MAIN,
    QUIET,
    SECOND,
    Chart,
    Result,
    Words,
    category,
    classes,
    dots,
    line,
    numbers,
    quantity,
    say,
)

SHOWN_COLUMNS = 12
FAR = 2.0
"""Standard deviations from which on a colour gets no stronger."""


def cluster_picture(result: Result, words: Words) -> Chart | None:
    """Every row where it lies, coloured and numbered by its cluster."""
    facts = result.get("picture")
    if not facts or result["clusters"] < 2:
        return None
    sides = (("x", "cluster_picture.first"), ("y", "cluster_picture.second"))
    return {
        "height": 360,
        "data": {"values": facts["points"]},
        "layer": [
            {
                "mark": dots(26, opacity=0.7),
                "encoding": {
                    **{
                        axis: quantity(axis, title=say(words, title), axis=numbers())
                        for axis, title in sides
                    },
                    "color": category("cluster", scale={"scheme": "tableau10"}, legend=None),
                },
            },
            {
                "transform": [{"filter": "datum.cluster > 0"}],
                "mark": {"type": "text", "fontSize": 17, "fontWeight": "bold", "color": INK},
                "encoding": {
                    **{axis: quantity(axis, aggregate="mean") for axis, _ in sides},
                    "text": category("cluster"),
                },
            },
        ],
    }


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
    # paler towards the middle, whatever lies below: the page is light or dark
    shade = {"domain": [0, FAR], "range": [0.04, 0.55], "clamp": True}
    return {
        "height": 30 * len(shown),
        "data": {"values": values},
        "encoding": {
            "x": {
                "field": "cluster",
                "type": "ordinal",
                "title": say(words, "cluster_profile.cluster"),
                "axis": classes(),
            },
            "y": category("column", title=None, sort=None, axis=classes()),
        },
        "layer": [
            {
                "mark": {"type": "rect"},
                "encoding": {
                    "color": {
                        "condition": {"test": "datum.z < 0", "value": SECOND}, "value": MAIN,
                    },
                    "opacity": quantity("far", scale=shade, legend=None),
                },
            },
            {
                "mark": {"type": "text", "fontSize": 12, "color": INK},
                "encoding": {"text": category("said")},
            },
        ],
    }  # fmt: skip


def cluster_choice(result: Result, words: Words) -> Chart | None:
    """How good each number of clusters was for the model that was kept."""
    curves = {one["model"]: one["points"] for one in result.get("choice") or []}
    points = curves.get(result["best"], [])
    if len(points) < 2:
        return None
    best = max(points, key=lambda one: one["score"])
    return {
        "height": 200,
        "encoding": {
            "x": {
                "field": "clusters",
                "type": "ordinal",
                "title": say(words, "cluster_choice.clusters"),
                "axis": {"grid": False},
            },
            "y": quantity(
                "score",
                title=say(words, "cluster_choice.score"),
                scale=FROM_ITS_LEAST,
                axis=numbers(),
            ),
        },
        "layer": [
            {
                "data": {"values": points},
                "layer": [
                    {"mark": line(color=QUIET, strokeWidth=2)},
                    {"mark": dots(50, color=QUIET)},
                ],
            },
            {"data": {"values": [best]}, "mark": dots(160, color=MAIN)},
        ],
    }


CHARTS = {
    "cluster_picture": cluster_picture,
    "cluster_profile": cluster_profile,
    "cluster_choice": cluster_choice,
}

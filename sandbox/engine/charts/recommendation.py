"""The picture of recommendations: whether they crowd on what is popular anyway."""

import altair as alt

from .base import INK, MAIN, SECOND, WIDTH, Chart, Result, Words, say


def popularity_bias(result: Result, words: Words) -> Chart | None:
    """Lorenz curves: the share of everything that the most popular items have, by their number."""
    points = result["concentration"]
    if len(points) < 2:
        return None
    lines = {name: say(words, f"popularity_bias.{name}") for name in ("taken", "recommended")}
    values = [
        {"items": point["items"], "share": point[name], "line": said}
        for point in points
        for name, said in lines.items()
    ]
    share = alt.Axis(format="%")
    return (
        alt.Chart(alt.InlineData(values=values))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X(
                "items:Q",
                title=say(words, "popularity_bias.items"),
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(format="~p", grid=False, labelColor=INK),
            ),
            y=alt.Y("share:Q", title=say(words, "popularity_bias.share"), axis=share),
            color=alt.Color(
                "line:N", scale=alt.Scale(domain=list(lines.values()), range=[SECOND, MAIN])
            ),
        )
        .properties(width=WIDTH, height=260)
    )


CHARTS = {"popularity_bias": popularity_bias}

"""The picture of an order: how good it is, counting more and more places."""

import altair as alt

from .base import MAIN, SECOND, WIDTH, Chart, Result, Words, numbers, say


def ndcg_by_place(result: Result, words: Words) -> Chart | None:
    """NDCG of the first 1, 2, 3 … places on the test: the best model's and the baseline's."""
    points = result["by_place"]
    if len(points) < 2:
        return None
    lines = {
        "model": say(words, "learner." + result["best"]),
        "baseline": say(words, "learner." + result["baseline"]["name"]),
    }
    values = [
        {"x": point["place"], "y": point[line], "line": said}
        for point in points
        for line, said in lines.items()
        if point[line] is not None
    ]
    colours = alt.Scale(domain=list(lines.values()), range=[MAIN, SECOND])
    return (
        alt.Chart(alt.InlineData(values=values))
        .mark_line(strokeWidth=2.5, point={"filled": True, "size": 50})
        .encode(
            x=alt.X(
                "x:Q",
                title=say(words, "ndcg_by_place.places"),
                scale=alt.Scale(nice=False, zero=False),
                axis=alt.Axis(grid=False, format=",d"),
            ),
            y=alt.Y(
                "y:Q",
                title=say(words, "ndcg_by_place.ndcg"),
                scale=alt.Scale(zero=False),
                axis=numbers(),
            ),
            color=alt.Color("line:N", scale=colours),
        )
        .properties(width=WIDTH, height=220)
    )


CHARTS = {"ndcg_by_place": ndcg_by_place}

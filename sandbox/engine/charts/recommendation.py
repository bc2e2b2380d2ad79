"""The picture of recommendations: whether they crowd on what is popular anyway."""

from .base import INK, MAIN, SECOND, Chart, Result, Words, colours, line, quantity, say


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
    return {
        "height": 260,
        "data": {"values": values},
        "mark": line(),
        "encoding": {
            "x": quantity(
                "items",
                title=say(words, "popularity_bias.items"),
                scale={"type": "log", "nice": False},
                axis={"format": "~p", "grid": False, "labelColor": INK},
            ),
            "y": quantity("share", title=say(words, "popularity_bias.share"), axis={"format": "%"}),
            "color": colours(lines, of=(SECOND, MAIN)),
        },
    }


CHARTS = {"popularity_bias": popularity_bias}

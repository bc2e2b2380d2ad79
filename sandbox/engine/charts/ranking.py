"""The picture of an order: how good it is, counting more and more places."""

from .base import (
    FROM_END_TO_END,
    FROM_ITS_LEAST,
    MAIN,
    SECOND,
    Chart,
    Result,
    Words,
    colours,
    line,
    numbers,
    quantity,
    say,
)


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
        {"x": point["place"], "y": point[name], "line": said}
        for point in points
        for name, said in lines.items()
        if point[name] is not None
    ]
    return {
        "height": 220,
        "data": {"values": values},
        "mark": line(point={"filled": True, "size": 50}),
        "encoding": {
            "x": quantity(
                "x",
                title=say(words, "ndcg_by_place.places"),
                scale=FROM_END_TO_END,
                axis={"grid": False, "format": ",d"},
            ),
            "y": quantity(
                "y",
                title=say(words, "ndcg_by_place.ndcg"),
                scale=FROM_ITS_LEAST,
                axis=numbers(),
            ),
            "color": colours(lines, of=(MAIN, SECOND)),
        },
    }


CHARTS = {"ndcg_by_place": ndcg_by_place}

"""The pictures of forecasts: the past with what comes next, and how errors grow with the steps."""

from .base import (
    FROM_END_TO_END,
    FROM_ITS_LEAST,
    GRID,
    INK,
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

POINTED = 40
"""Steps up to which each has its point."""


def forecast(result: Result, words: Words) -> Chart | None:
    """The latest past of a few series, what is forecast, and where 80 of 100 values will lie."""
    shown = result["forecast"]["shown"]
    if not shown:
        return None
    return {"vconcat": [_one(series, words) for series in shown], "spacing": 26}


def _one(series: Result, words: Words) -> Chart:
    past, ahead, stamps = series["past"], series["ahead"], series["stamps"]
    is_dated = isinstance(stamps[0], str)
    lines = {"past": say(words, "forecast.past"), "ahead": say(words, "forecast.ahead")}
    values = [
        {"x": stamp, "y": value, "line": lines["past"]}
        for stamp, value in zip(stamps, past, strict=False)
    ]
    band = [
        {"x": stamp, "y": point, "low": low, "high": high, "line": lines["ahead"]}
        for stamp, (point, low, high) in zip(stamps[len(past) :], ahead, strict=True)
    ]
    joint = {"x": stamps[len(past) - 1], "y": past[-1], "line": lines["ahead"]}
    return {
        "height": 200,
        "encoding": {
            "x": {
                "field": "x",
                "type": "temporal" if is_dated else "quantitative",
                "title": None,
                "scale": FROM_END_TO_END,
                "axis": {"grid": False} if is_dated else {"grid": False, "format": "d"},
            }
        },
        "layer": [
            {
                "data": {"values": band},
                "mark": {"type": "area", "color": MAIN, "opacity": 0.2},
                "encoding": {"y": quantity("low", scale=FROM_ITS_LEAST), "y2": {"field": "high"}},
            },
            {
                "data": {"values": [*values, joint, *band]},
                "mark": line(strokeWidth=2),
                "encoding": {
                    "y": quantity(
                        "y", title=series["series"], scale=FROM_ITS_LEAST, axis=numbers()
                    ),
                    "color": colours(lines, of=(INK, MAIN)),
                },
            },
        ],
    }


def forecast_errors(result: Result, words: Words) -> Chart | None:
    """The error at each step ahead, beside that of repeating the past."""
    steps = result["by_step"]
    if len(steps) < 2:
        return None
    lines = {
        "best": say(words, "learner." + result["best"]),
        "naive2": say(words, "learner.naive2"),
    }
    if result["best"] == "naive2":
        lines = {"best": lines["best"]}
    values = [
        {"x": row["step"], "y": row[name], "line": said}
        for row in steps
        for name, said in lines.items()
        if row[name] is not None
    ]
    return {
        "height": 220,
        "data": {"values": values},
        "mark": line(point=len(steps) <= POINTED),
        "encoding": {
            "x": quantity(
                "x",
                title=say(words, "forecast_errors.step"),
                axis={"grid": False, "format": "d", "tickMinStep": 1, "domainColor": GRID},
                scale=FROM_END_TO_END,
            ),
            "y": quantity("y", title=say(words, "forecast_errors.error"), axis=numbers()),
            "color": colours(lines, of=(MAIN, SECOND)[: len(lines)]),
        },
    }


CHARTS = {"forecast": forecast, "forecast_errors": forecast_errors}

"""The pictures of forecasts: the past with what comes next, and how errors grow with the steps."""

import altair as alt

from .base import GRID, INK, MAIN, SECOND, WIDTH, Chart, Result, Words, numbers, say


def forecast(result: Result, words: Words) -> Chart | None:
    """The latest past of a few series, what is forecast, and where 80 of 100 values will lie."""
    shown = result["forecast"]["shown"]
    if not shown:
        return None
    return alt.vconcat(*[_one(series, words) for series in shown], spacing=26)


def _one(series: Result, words: Words) -> Chart:
    past, ahead, stamps = series["past"], series["ahead"], series["stamps"]
    is_dated = isinstance(stamps[0], str)
    kinds = {"past": say(words, "forecast.past"), "ahead": say(words, "forecast.ahead")}
    values = [
        {"x": stamp, "y": value, "line": kinds["past"]}
        for stamp, value in zip(stamps, past, strict=False)
    ]
    band = [
        {"x": stamp, "y": point, "low": low, "high": high, "line": kinds["ahead"]}
        for stamp, (point, low, high) in zip(stamps[len(past) :], ahead, strict=True)
    ]
    joint = {"x": stamps[len(past) - 1], "y": past[-1], "line": kinds["ahead"]}
    x = alt.X(
        "x:T" if is_dated else "x:Q",
        title=None,
        scale=alt.Scale(nice=False, zero=False),
        axis=alt.Axis(grid=False) if is_dated else alt.Axis(grid=False, format="d"),
    )
    y = alt.Y("y:Q", title=series["series"], scale=alt.Scale(zero=False), axis=numbers())
    colour = alt.Color("line:N", scale=alt.Scale(domain=list(kinds.values()), range=[INK, MAIN]))
    area = alt.Chart(alt.InlineData(values=band)).mark_area(color=MAIN, opacity=0.2)
    lines = alt.Chart(alt.InlineData(values=[*values, joint, *band])).mark_line(strokeWidth=2)
    return alt.layer(
        area.encode(x=x, y=alt.Y("low:Q", scale=alt.Scale(zero=False)), y2="high:Q"),
        lines.encode(x=x, y=y, color=colour),
    ).properties(width=WIDTH, height=200)


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
        {"x": row["step"], "y": row[line], "line": said}
        for row in steps
        for line, said in lines.items()
        if row[line] is not None
    ]
    return (
        alt.Chart(alt.InlineData(values=values))
        .mark_line(strokeWidth=2.5, point=len(steps) <= 40)
        .encode(
            x=alt.X(
                "x:Q",
                title=say(words, "forecast_errors.step"),
                axis=alt.Axis(grid=False, format="d", tickMinStep=1, domainColor=GRID),
                scale=alt.Scale(nice=False, zero=False),
            ),
            y=alt.Y("y:Q", title=say(words, "forecast_errors.error"), axis=numbers()),
            color=alt.Color(
                "line:N",
                scale=alt.Scale(domain=list(lines.values()), range=[MAIN, SECOND][: len(lines)]),
            ),
        )
        .properties(width=WIDTH, height=220)
    )


CHARTS = {"forecast": forecast, "forecast_errors": forecast_errors}

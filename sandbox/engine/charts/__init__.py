"""The pictures of a result: one Vega-Lite spec each, drawn to SVG for page and PDF alike."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import vl_convert

from sandbox.engine import clock
from sandbox.engine.job import LANGUAGES

from .base import GRID, INK, QUIET, Chart, Result, Words

FONT = "Noto Sans CJK JP, sans-serif"
MEASURED = "Liberation Sans, "
"""The font that the drawing library brings, for it to measure Latin letters by: of the other it
reads 19 MB for every word."""
WIDTH = 520
STYLE = {
    "autosize": {"type": "fit-x", "contains": "padding"},
    "config": {
        "background": None,
        "font": MEASURED + FONT,
        "padding": {"left": 12, "right": 8, "top": 6, "bottom": 6},
        "view": {"continuousWidth": WIDTH, "discreteWidth": WIDTH, "stroke": None},
        "axis": {
            "labelColor": QUIET,
            "titleColor": QUIET,
            "gridColor": GRID,
            "domainColor": GRID,
            "tickColor": GRID,
            "labelFontSize": 13,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
            "labelLimit": 190,
            "titleLimit": 420,
            "labelFlush": False,
        },
        "axisX": {
            "titlePadding": 10,
            "labelBound": 8,
            "labelAngle": 0,
            "tickCount": 5,
            "labelOverlap": True,
        },
        "axisY": {
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "end",
            "titleBaseline": "bottom",
            "titleX": 0,
            "titleY": -10,
            "tickCount": 5,
        },
        "legend": {
            "labelColor": INK,
            "labelFontSize": 13,
            "orient": "top",
            "direction": "horizontal",
            "title": None,
            "symbolStrokeWidth": 3,
            "symbolSize": 120,
            "offset": 34,
            "labelLimit": 320,
        },
        "text": {"color": INK, "fontSize": 13},
        "title": {"color": INK},
    },
}

CHARTS: dict[str, Callable[[Result, Words], Chart | None]] = {
    name: chart
    for _, module, _ in iter_modules(__path__)
    if module != "base"
    for name, chart in import_module(f"{__name__}.{module}").CHARTS.items()
}
"""Every chart of the modules here by its name; None where a result has nothing to show."""


def draw(
    result: Result,
    names: Sequence[str],
    words: Mapping[str, Words],
    output: Callable[[str], Path],
    *,
    deadline: float,
) -> tuple[list[str], bool]:
    """Write `charts/<name>.<language>.svg` for charts with something to show.

    Returns their names, and whether `deadline` (on `clock`'s) left time for all.
    """
    drawn: list[str] = []
    took = 0.0
    for name in names:
        if clock.now() + len(LANGUAGES) * took > deadline:
            return drawn, False
        for language in LANGUAGES:
            began = clock.now()
            chart = CHARTS[name](result, words.get(language) or {})
            if chart is None:
                break
            output(f"charts/{name}.{language}.svg").write_text(svg(chart), "utf-8")
            took = clock.now() - began
        else:
            drawn.append(name)
    return drawn, True


def svg(chart: Chart) -> str:
    """A chart in the house style as SVG text; nothing is fetched."""
    drawn = str(vl_convert.vegalite_to_svg({**STYLE, **chart}, allowed_base_urls=[]))
    return drawn.replace(MEASURED, "")

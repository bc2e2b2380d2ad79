"""The pictures of a model that predicts a column: right and wrong, class by class or by amount."""

from typing import Any

from .base import (
    FROM_ITS_LEAST,
    MAIN,
    Chart,
    Result,
    Words,
    category,
    classes,
    dashes,
    dots,
    line,
    numbers,
    quantity,
    say,
)

SHOWN_CLASSES = 24
WRITTEN_CLASSES = 10


def confusion(result: Result, words: Words) -> Chart | None:
    """What the model said against what was true, on the test rows."""
    table = result["confusion"]
    if not table or len(table["labels"]) > SHOWN_CLASSES:
        return None
    values = [
        {
            "truth": truth,
            "said": said,
            "count": count,
            "share": count / max(1, sum(counts)),
        }
        for truth, counts in zip(table["labels"], table["matrix"], strict=True)
        for said, count in zip(table["labels"], counts, strict=True)
    ]
    shade = quantity("share", scale={"domain": [0, 1], "range": [0.04, 0.55]}, legend=None)
    layers: list[Chart] = [
        {"mark": {"type": "rect", "color": MAIN}, "encoding": {"opacity": shade}}
    ]
    if len(table["labels"]) <= WRITTEN_CLASSES:
        count = {"text": quantity("count", format=",d")}
        layers.append({"mark": {"type": "text", "fontSize": 15}, "encoding": count})
    return {
        "height": max(200, 30 * len(table["labels"])),
        "data": {"values": values},
        "encoding": {
            axis: category(field, title=say(words, f"confusion.{field}"), sort=None, axis=classes())
            for axis, field in (("x", "said"), ("y", "truth"))
        },
        "layer": layers,
    }


def residuals(result: Result, words: Words) -> Chart | None:
    """Predicted against actual numbers on the test rows; on the line, the model is right."""
    facts = result["residuals"]
    if not facts or not facts["points"]:
        return None
    sides = ("actual", "predicted")
    ends = [point[side] for point in facts["points"] for side in sides]
    edges = [min(ends), max(ends)]
    return {
        "height": 300,
        "encoding": {
            axis: quantity(
                side,
                title=say(words, f"residuals.{side}"),
                scale={"domain": edges, "nice": True, "zero": False},
                axis=numbers(),
            )
            for axis, side in zip("xy", sides, strict=True)
        },
        "layer": [
            {"data": {"values": facts["points"]}, "mark": dots(36, opacity=0.5, color=MAIN)},
            {
                "data": {"values": [dict.fromkeys(sides, edge) for edge in edges]},
                "mark": dashes(),
            },
        ],
    }


def calibration(result: Result, words: Words) -> Chart | None:
    """What the model said against what happened; on the line, its probabilities hold."""
    bins = result["calibration"]
    if not bins:
        return None
    sides = ("said", "happened")
    return {
        "height": 260,
        "encoding": {
            axis: quantity(side, title=say(words, f"calibration.{side}"), axis={"format": "%"})
            for axis, side in zip("xy", sides, strict=True)
        },
        "layer": [
            {"data": {"values": [dict.fromkeys(sides, end) for end in (0, 1)]}, "mark": dashes()},
            {
                "data": {"values": bins},
                "layer": [
                    {"mark": line(color=MAIN, strokeWidth=2)},
                    {"mark": dots(60, color=MAIN)},
                ],
            },
        ],
    }


def dependence(result: Result, words: Words) -> Chart | None:
    """What the model says on average as one column changes, for the columns that matter most."""
    shown = result["dependence"]
    if not shown:
        return None
    ends = [point[1] for each in shown for point in each["points"]]
    scale = {"domain": [min(ends), max(ends)], "zero": False, "nice": True}
    said = quantity("said", title=say(words, "dependence.said"), scale=scale, axis=numbers())
    return {"vconcat": [_along(each, said) for each in shown], "spacing": 28}


def _along(each: dict[str, Any], said: Chart) -> Chart:
    is_number = not isinstance(each["points"][0][0], str)
    values = [{"value": value, "said": mean} for value, mean in each["points"]]
    x = (
        quantity("value", title=each["column"], scale=FROM_ITS_LEAST, axis=numbers())
        if is_number
        else category("value", title=each["column"], sort=None, axis=classes())
    )
    return {
        "height": 150,
        "data": {"values": values},
        "mark": line(color=MAIN) if is_number else dots(120, color=MAIN),
        "encoding": {"x": x, "y": said},
    }


CHARTS = {
    "confusion": confusion,
    "residuals": residuals,
    "calibration": calibration,
    "dependence": dependence,
}

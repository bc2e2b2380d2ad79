"""The pictures of anomaly detection: how strange rows are, and what alerts would find."""

from .base import MAIN, SECOND, Chart, Result, Words, category, dashes, line, numbers, quantity, say


def anomaly_scores(result: Result, words: Words) -> Chart | None:
    """How many rows have which score, and from which score on they are alerts."""
    values = result.get("histogram")
    if not values:
        return None
    alert = {"at": result["alert"]["threshold"], "said": say(words, "anomaly_scores.alert")}
    return {
        "height": 220,
        "layer": [
            {
                "data": {"values": [one for one in values if one["rows"]]},
                "mark": {"type": "bar", "color": MAIN, "stroke": None},
                "encoding": {
                    "x": quantity(
                        "low",
                        title=say(words, "anomaly_scores.score"),
                        bin="binned",
                        axis={"grid": False, "tickCount": 6, "format": "~g"},
                    ),
                    "x2": {"field": "high"},
                    "y": quantity(
                        "rows",
                        title=say(words, "anomaly_scores.rows"),
                        scale={"type": "symlog"},
                        axis={"values": [1, 10, 100, 1_000, 10_000, 100_000], "format": ",d"},
                    ),
                },
            },
            {
                "data": {"values": [alert]},
                "encoding": {"x": quantity("at")},
                "layer": [
                    {"mark": {"type": "rule", "color": SECOND, "strokeWidth": 2.5}},
                    {
                        "mark": {
                            "type": "text", "color": SECOND, "align": "right", "dx": -6, "y": 8,
                        },
                        "encoding": {"text": category("said")},
                    },
                ],
            },
        ],
    }  # fmt: skip


def precision_recall(result: Result, words: Words) -> Chart | None:
    """Of the alerts, how many are right, by how many of the anomalies they find; test rows."""
    values = result.get("precision_recall")
    if not values:
        return None
    chance = {"at": result["base_rate"], "x": 0, "said": say(words, "precision_recall.chance")}
    return {
        "height": 260,
        "layer": [
            {
                "data": {"values": values},
                "mark": line(color=MAIN, interpolate="step-before"),
                "encoding": {
                    axis: quantity(
                        share,
                        title=say(words, f"metric.{share}"),
                        scale={"domain": [0, 1]},
                        axis=numbers(),
                    )
                    for axis, share in (("x", "recall"), ("y", "precision"))
                },
            },
            {
                "data": {"values": [chance]},
                "encoding": {"y": quantity("at")},
                "layer": [
                    {"mark": dashes(type="rule")},
                    {
                        "mark": {
                            "type": "text", "color": SECOND, "align": "left", "dx": 4, "dy": -8,
                        },
                        "encoding": {"x": quantity("x"), "text": category("said")},
                    },
                ],
            },
        ],
    }  # fmt: skip


CHARTS = {"anomaly_scores": anomaly_scores, "precision_recall": precision_recall}

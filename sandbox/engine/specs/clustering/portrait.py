"""What clusters are like: their sizes, their means, typical rows, and a picture of them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sandbox.engine.figures import short, signed
from sandbox.engine.table import labels as as_words

if TYPE_CHECKING:
    from sandbox.engine.points import Space
    from sandbox.engine.table import Table

TYPICAL = 3
SHOWN_CLUSTERS = 16
SHOWN_COLUMNS = 8
DRAWN = 1_200
"""Rows in the picture at most."""


def profile(source: Table, space: Space, numbers: np.ndarray) -> list[dict[str, Any]]:
    """For each cluster its size and, column by column, its mean or its most frequent level.

    `z` is by how many standard deviations of all rows a cluster's mean lies off the mean of all.
    The columns that tell clusters apart most come first. Cluster 0 is noise.
    """
    columns = list(dict.fromkeys(space.sources))
    found: list[dict[str, Any]] = []
    for number in np.unique(numbers):
        inside = numbers == number
        facts = [_column(source, name, inside) for name in columns]
        found.append(
            {
                "cluster": int(number),
                "rows": int(inside.sum()),
                "share": float(inside.mean()),
                "columns": facts,
            }
        )
    telling = {
        name: np.ptp([one["columns"][place]["z"] or 0.0 for one in found])
        for place, name in enumerate(columns)
    }
    for one in found:
        one["columns"].sort(key=lambda fact: -telling[fact["column"]])
    return found


def _column(source: Table, name: str, inside: np.ndarray) -> dict[str, Any]:
    column = source.frame[name]
    if source.kinds[name] == "number":
        values = column.to_numpy(dtype=float, na_value=np.nan)
        spread = float(np.nanstd(values)) or 1.0
        known = values[inside & ~np.isnan(values)]
        mean = float(known.mean()) if len(known) else None
        z = None if mean is None else (mean - float(np.nanmean(values))) / spread
        return {"column": name, "mean": mean, "z": z, "level": None, "share": None}
    words = as_words(column)
    counts = words[inside].value_counts(normalize=True)
    if not len(counts):
        return {"column": name, "mean": None, "z": None, "level": None, "share": None}
    level, share = str(counts.index[0]), float(counts.iloc[0])
    usual = float((words == level).mean())
    z = (share - usual) / max(1e-9, np.sqrt(usual * (1 - usual)))
    return {"column": name, "mean": None, "z": float(z), "level": level[:60], "share": share}


def typical(source: Table, x: np.ndarray, numbers: np.ndarray) -> list[dict[str, int]]:
    """The TYPICAL rows nearest to each cluster's mean, counted from 1."""
    lines = source.frame.index
    found = []
    for number in np.unique(numbers[numbers > 0]):
        rows = np.flatnonzero(numbers == number)
        distances = np.square(x[rows] - x[rows].mean(axis=0)).sum(axis=1)
        nearest = rows[np.argsort(distances, kind="stable")[:TYPICAL]]
        found += [{"cluster": int(number), "row": int(lines[row]) + 1} for row in nearest]
    return found


def picture(x: np.ndarray, numbers: np.ndarray, *, seed: int) -> dict[str, Any]:
    """The rows on the two directions in which they differ most (principal components)."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(x))[:DRAWN])
    centred = x[rows] - x[rows].mean(axis=0)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ directions[:2].T
    if flat.shape[1] == 1:
        flat = np.column_stack([flat, np.zeros(len(flat))])
    variance = np.square(lengths)
    return {
        "explained": float(variance[:2].sum() / variance.sum()),
        "points": [
            {"x": round(float(one), 4), "y": round(float(other), 4), "cluster": int(number)}
            for (one, other), number in zip(flat, numbers[rows], strict=True)
        ],
    }


def tables(
    source: Table,
    space: Space,
    profile: list[dict[str, Any]],
    typical: list[dict[str, int]],
) -> list[dict[str, Any]]:
    """The profile and the typical rows, with the columns that tell clusters apart most."""
    columns = [one["column"] for one in profile[0]["columns"][:SHOWN_COLUMNS]]
    shown = [one for one in profile if one["cluster"] <= SHOWN_CLUSTERS]
    shown.sort(key=lambda one: (one["cluster"] == 0, one["cluster"]))
    rows = [
        [one["cluster"], one["rows"], *(_said(fact) for fact in one["columns"][:SHOWN_COLUMNS])]
        for one in shown
    ]
    frame = source.frame[columns]
    examples = [
        # a file's first row is its header, and people count from one
        [one["cluster"], one["row"] + 1, *(_cell(cell) for cell in frame.loc[one["row"] - 1])]
        for one in typical[: TYPICAL * SHOWN_CLUSTERS]
    ]
    return [
        {"name": "clusters", "columns": ["cluster", "rows", *columns], "rows": rows},
        {"name": "typical", "columns": ["cluster", "row", *columns], "rows": examples},
    ]


def _said(fact: dict[str, Any]) -> str | None:
    """A mean with its distance from the mean of all, or the most frequent level with its share."""
    if fact["mean"] is not None:
        return f"{short(fact['mean'])} ({signed(fact['z'])})"
    return None if fact["level"] is None else f"{fact['level']} ({100 * fact['share']:.0f}\u00a0%)"


def _cell(value: Any) -> str | None:
    if pd.isna(value):
        return None
    return short(float(value)) if isinstance(value, float | np.floating) else str(value)[:60]

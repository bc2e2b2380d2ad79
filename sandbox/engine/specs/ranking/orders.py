"""What a ranking does to the test queries: NDCG place by place, and single queries re-ordered."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sandbox.engine.metrics import mean, ranking

PLACES = 20
SHOWN = 10
"""Rows shown of each example query."""


def by_place(truth: np.ndarray, raw: np.ndarray, guess: np.ndarray) -> list[dict[str, Any]]:
    """NDCG of the first 1, 2, 3 … places: the model's and the baseline's."""
    longest = int(np.unique(truth[:, 1], return_counts=True)[1].max())
    return [
        {
            "place": k,
            "model": mean(ranking.ndcg(truth, raw, k)),
            "baseline": mean(ranking.ndcg(truth, guess, k)),
        }
        for k in range(1, min(PLACES, longest) + 1)
    ]


def examples(
    truth: np.ndarray, raw: np.ndarray, *, rows: np.ndarray, names: Sequence[str]
) -> dict[str, Any]:
    """The queries that gain most, usually and least against the file's order: before and after.

    `rows` are the row numbers in the table; a table of facts as `Course.conclude` describes.
    """
    queries = truth[:, 1]
    now = ranking.ndcg(truth, raw, ranking.TEN)
    gains = now - ranking.ndcg(truth, -rows.astype(float), ranking.TEN)
    judged = np.argsort(gains)[: int(np.isfinite(gains).sum())]
    picked = dict.fromkeys(judged[[-1, len(judged) // 2, 0]] if len(judged) else ())
    before = ranking.places(queries, -rows.astype(float))
    after = ranking.places(queries, raw)
    cells = []
    for one in picked:
        code = np.unique(queries)[one]
        mine = np.flatnonzero(queries == code)
        for row in mine[np.argsort(after[mine])][:SHOWN]:
            # a file's first row is its header, and people count from one
            cells.append(
                [
                    names[code],
                    int(after[row]) + 1,
                    int(before[row]) + 1,
                    int(truth[row, 0]),
                    int(rows[row]) + 2,
                ]
            )
    columns = ["query", "place_after", "place_before", "relevance", "row"]
    return {"name": "reordered", "columns": columns, "rows": cells}

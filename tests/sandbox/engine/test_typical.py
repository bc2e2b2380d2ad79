"""A typical row: the middle of each column, in the order in which columns matter."""

from __future__ import annotations

import pandas as pd

from sandbox.engine.typical import typical


def test_each_kind_of_column_has_its_middle_and_its_bounds() -> None:
    frame = pd.DataFrame(
        {
            "minutes": [1.0, 2.0, None, 30.0],
            "plan": ["pro", "basic", "pro", None],
            "since": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", ""]),
            "empty": [None] * 4,
            "unused": [0] * 4,
        }
    )
    wanted = {"minutes": "number", "plan": "word", "since": "date", "empty": "number"}
    assert typical(frame, wanted, ["plan"]) == [
        {"column": "plan", "value": "pro", "levels": ["basic", "pro"]},
        {"column": "minutes", "value": 2.0, "least": 1.0, "most": 30.0},
        {"column": "since", "value": "2026-02-01 00:00:00"},
        {"column": "empty", "value": None},
    ]

"""A wrong-typed value never reaches a page. The engine's own tests see that real results pass."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from sandbox.box import shapes
from tests.sandbox.fake_box import PROGRESS, TRAINED

GOOD: dict[str, Any] = {"task": "classification", "target": "left", "rows": 100, **TRAINED}
DEEP: Any = json.loads("[" * 400 + "]" * 400)


def changed(path: str, value: Any) -> dict[str, Any]:
    """A good result with one value replaced."""
    result = copy.deepcopy(GOOD)
    *outer, last = path.split(".")
    place: Any = result
    for name in outer:
        place = place[int(name)] if isinstance(place, list) else place[name]
    place[last] = value
    return result


WRONG: dict[str, Any] = {
    "leaderboard": "many",
    "leaderboard.0.model": 7,
    "leaderboard.0.validation": "0.9",
    "leaderboard.0.interval": [1],
    "leaderboard.0.fit_seconds": None,
    "best": "nobody of them",
    "baseline": None,
    "test.score": True,
    "test.rows": -1,
    "warnings": [{"code": "drift", "params": {"column": {"a": 1}}}],
    "charts": {"leaderboard": 1},
    "importance": [{"mean": 0.1}],
    "confusion": {"labels": ["a"], "matrix": [[1, 2]]},
    "residuals": {"quantiles": []},
    "learning_curve": [[1, 2]],
    "model": {"files": "model.json"},
    "rows": 10**400,
    "total_seconds": 1e308,
    "split": DEEP,
    "tables": [{"name": "x", "columns": ["a", "b"], "rows": [[1]]}],
    "splits": [{"headline": False, "test": {}}],
    "typical_row": [{"column": "a", "value": {}}],
    "threshold": "half",
}


@pytest.mark.parametrize("path", WRONG)
def test_a_value_that_no_page_expects_is_no_result(path: str) -> None:
    assert shapes.result("train", GOOD) == GOOD
    with pytest.raises(ValueError, match="No train says this"):
        shapes.result("train", changed(path, WRONG[path]))


def test_what_nobody_knows_is_let_through_unread() -> None:
    assert shapes.result("train", changed("novelty", {"a": [1]}))["novelty"] == {"a": [1]}


def test_a_split_that_found_no_time_says_so() -> None:
    late = changed("splits", [{"headline": False, "test": None, "why": "no_time"}])
    assert shapes.result("train", late) == late


@pytest.mark.parametrize("job", ["profile", "predict", "render"])
def test_an_empty_result_is_none(job: str) -> None:
    with pytest.raises(ValueError, match="says this"):
        shapes.result(job, {})


def test_progress_keeps_what_is_known_and_right() -> None:
    hostile = {
        **PROGRESS,
        "fraction": "<b>",
        "best": ["x"],
        "html": "<script>",
        "event": "progress",
    }
    kept = {name: PROGRESS[name] for name in ("at", "stage", "leaderboard")}
    assert shapes.progress(hostile) == kept
    row = PROGRESS["leaderboard"]
    assert "leaderboard" not in shapes.progress({"leaderboard": row * 100})  # type: ignore[operator]

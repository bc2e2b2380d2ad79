"""What is said to matter is what matters, even if the time ends first."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from sandbox.engine import explain, metrics
from sandbox.engine.figures import short, signed
from sandbox.engine.specs import SPECS


def test_columns_that_matter_are_shuffled_before_the_time_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file's first columns are noise; the time is enough for two of nine columns."""
    x = np.random.default_rng(0).normal(size=(400, 9))
    x[:5, 7] = np.nan
    names = [f"c{place}" for place in range(9)]
    features: Any = SimpleNamespace(features=[SimpleNamespace(source=name) for name in names])

    def predict(rows: np.ndarray) -> np.ndarray:
        return cast("np.ndarray", 3 * np.nan_to_num(rows[:, 7]) + rows[:, 4])

    ticks = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))
    found = explain.importance(
        predict,
        x,
        predict(x),
        features,
        metrics.named(SPECS["regression"].metrics, "rmse"),
        seed=0,
        deadline=3,
    )
    assert [one["column"] for one in found] == ["c7", "c4"]


@pytest.mark.parametrize(
    ("seconds_a_row", "rows"), [(0.0, explain.PERMUTED), (0.001, 266), (0.0025, explain.FEWEST)]
)
def test_a_slow_model_is_asked_about_fewer_rows(
    monkeypatch: pytest.MonkeyPatch, seconds_a_row: float, rows: int
) -> None:
    x = np.random.default_rng(0).normal(size=(1_500, 3))
    features: Any = SimpleNamespace(features=[SimpleNamespace(source=name) for name in "abc"])
    passed, asked = 0.0, []

    def predict(given: np.ndarray) -> np.ndarray:
        nonlocal passed
        passed += seconds_a_row * len(given)
        asked.append(len(given))
        return given[:, 0]

    monkeypatch.setattr(time, "monotonic", lambda: passed)
    metric = metrics.named(SPECS["regression"].metrics, "rmse")
    truth = predict(x)
    found = explain.importance(predict, x, truth, features, metric, seed=0, deadline=passed + 5)
    assert found[0]["column"] == "a"
    assert max(asked[2:]) == rows * explain.REPEATS


@pytest.mark.parametrize(
    ("value", "said"),
    [(507_300.4, "507300"), (12.34567, "12.35"), (0.012345, "0.01235"), (-2.77879, "-2.779")],
)
def test_numbers_in_words_are_short_and_without_exponents(value: float, said: str) -> None:
    assert short(value) == said


def test_what_rounds_to_nothing_has_no_minus() -> None:
    assert signed(-0.04) == "+0.0"
    assert signed(-1.26) == "-1.3"

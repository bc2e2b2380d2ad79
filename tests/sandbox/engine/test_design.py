"""The design matrix: how numbers enter models that weigh them."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

from sandbox.engine import clock
from sandbox.engine.design import MARKED, Column, design, is_skewed, prepare, read
from sandbox.engine.learners import LEARNERS, Lesson
from sandbox.engine.learners.linear import PENALTIES, ridge


def skewed(rows: int = 400) -> np.ndarray:
    return np.random.default_rng(0).lognormal(3, 1, rows)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (skewed(), True),
        (-skewed(), False),
        (np.append(skewed(), 0.0), False),
        (np.random.default_rng(1).normal(100, 5, 400), False),
        (np.full(400, 7.0), False),
        # of which the logarithms would be as skewed, the other way
        (np.append(np.random.default_rng(2).gamma(2, 1, 400), 1e-30), False),
    ],
    ids=["prices", "negative", "zero", "normal", "constant", "nearly zero"],
)
def test_positive_numbers_are_skewed_where_their_logarithms_are_less_so(
    values: np.ndarray, expected: bool
) -> None:
    assert is_skewed(values) is expected


def test_a_skewed_column_enters_as_its_logarithm_and_others_as_they_are() -> None:
    prices, heights = skewed(), np.random.default_rng(1).normal(170, 10, 400)
    price, height = prepare(np.column_stack([prices, heights]), (0, 0))
    assert height.least is None
    assert price.least == prices.min()
    entered = price.encode(prices)[:, 0]
    spread = np.log(prices).std()
    np.testing.assert_allclose(entered, (np.log(prices) - np.log(prices).mean()) / spread)


def test_what_was_never_seen_of_a_skewed_column_stays_finite() -> None:
    values = np.append(skewed(), np.nan)
    (column,) = prepare(values[:, None], (0,))
    entered = column.encode(np.array([np.nan, -5.0, 0.0, values[0], 1e300]))
    assert np.isfinite(entered).all()
    assert entered[0, 1] == 1
    assert not entered[1:, 1].any()
    least = column.encode(np.array([np.nanmin(values)]))
    np.testing.assert_array_equal(entered[1:3, 0], [least[0, 0]] * 2)


def test_columns_come_back_from_json_also_those_written_before_logarithms() -> None:
    x = np.column_stack([skewed(), np.random.default_rng(1).integers(0, 3, 400)])
    columns = prepare(x, (0, 3))
    states = [asdict(one) for one in columns]
    assert read(json.loads(json.dumps(states))) == columns
    for state in states:
        del state["least"]
    assert read(states)[0] == Column(**states[0])


def test_a_line_follows_a_ratio_of_skewed_columns() -> None:
    """A mean price is a sum of money over a count: no line, but one of logarithms."""
    chance = np.random.default_rng(3)
    counts, prices = chance.lognormal(5, 1.2, 600), chance.lognormal(11, 0.8, 600)
    x = np.column_stack([counts, counts * prices])
    lesson = Lesson(x, prices, (0, 0), 0, 0, 1, clock.now() + 60)
    learn, judge = lesson.of(np.arange(400)), lesson.of(np.arange(400, 600))
    said = LEARNERS["linear"].fit(learn).predict(judge.x)
    assert np.median(np.abs(said - judge.y) / judge.y) < 0.05
    assert design(judge.x, prepare(learn.x, (0, 0))).shape == (200, 2)


@pytest.mark.parametrize(("rows", "width"), [(300, 8), (40, 200), (30, 30), (600, 510)])
def test_the_penalty_is_the_one_that_scikit_learn_chooses(rows: int, width: int) -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(size=(rows, width)) * chance.gamma(2, 1, width)
    x[:, 3], x[:, 4] = x[:, 2], 7.0
    y = 5 + x[:, :5].sum(axis=1) + chance.normal(size=rows) * 3
    theirs = RidgeCV(PENALTIES).fit(x, y)
    coefficients, intercept = ridge(x.copy(), y)
    np.testing.assert_allclose(coefficients, theirs.coef_, atol=1e-4)
    assert intercept == pytest.approx(theirs.intercept_, abs=1e-3)


def test_of_columns_that_are_all_the_same_a_line_learns_the_mean() -> None:
    coefficients, intercept = ridge(np.ones((10, 3)), np.arange(10.0))
    np.testing.assert_array_equal(coefficients, 0)
    assert intercept == 4.5


def test_in_wide_tables_other_columns_tell_of_what_is_missing() -> None:
    x = np.random.default_rng(0).normal(size=(50, MARKED))
    x[::7] = np.nan
    assert sum(column.width for column in prepare(x, (0,) * MARKED)) == MARKED
    assert sum(column.width for column in prepare(x[:, 1:], (0,) * (MARKED - 1))) == 2 * MARKED - 2

"""Planted faults are warned of by name; clean rows raise no alarm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sandbox import samples
from sandbox.engine import table
from sandbox.engine.checks import entities, fit, groups, leakage, rows
from sandbox.engine.features import Feature, Features
from sandbox.engine.metrics import CLASS_METRICS, NUMBER_METRICS
from sandbox.engine.problems import Warned

NAMES = ("day", "visits", "spend", "plan")
AUC, RMSE = CLASS_METRICS[0], NUMBER_METRICS[0]
FEATURES = Features(
    (Feature("day", "days"), Feature("visits"), Feature("spend"), Feature("plan", None, ("a", "b")))
)


class Clean:
    """Rows in which nothing is wrong: a target that depends on two of four columns."""

    def __init__(self, seed: int, size: int = 900) -> None:
        chance = np.random.default_rng(seed)
        self.x = np.column_stack(
            [
                np.arange(size, dtype=float),
                chance.poisson(5, size).astype(float),
                chance.normal(100, 20, size).round(1),
                chance.integers(0, 2, size).astype(float),
            ]
        )
        strength = 0.8 * (self.x[:, 1] - 5) + 0.02 * (self.x[:, 2] - 100)
        self.chances = 1 / (1 + np.exp(-strength))
        self.y = (chance.random(size) < self.chances).astype(int)
        self.gender = np.where(chance.random(size) < 0.5, "f", "m")
        order = chance.permutation(size)
        self.teach, self.judge = order[size // 5 :], order[: size // 5]

    @property
    def raw(self) -> np.ndarray:
        return np.column_stack([1 - self.chances, self.chances])

    def warnings(self) -> list[Warned]:
        """Everything that the checks say of these rows."""
        called = (self.chances > 0.5).astype(int)
        return [
            *leakage.leaks(self.x, self.y, FEATURES, classes=2, seed=0),
            *rows.repeated(self.x, self.y, self.teach, self.judge),
            *rows.drift(self.x, self.y, FEATURES, {"day": self.x[:, 0]}, seed=0),
            *fit.miscalibrated(self.y, self.chances, seed=0),
            *groups.unequal({"gender": self.gender}, self.y, called, seed=0),
        ]


def codes(clean: Clean) -> set[str]:
    return {one["code"] for one in clean.warnings()}


def test_clean_rows_raise_no_alarm_in_at_least_95_of_100() -> None:
    alarms = [seed for seed in range(40) if codes(Clean(seed))]
    assert len(alarms) <= 2, alarms


def test_a_column_that_copies_the_target_is_named() -> None:
    clean = Clean(1)
    clean.x[:, 2] = clean.y * 3.0 + np.random.default_rng(0).normal(0, 0.01, len(clean.y))
    (found,) = clean.warnings()
    assert (found["code"], found["params"]["column"]) == ("leakage", "spend")


def test_a_column_filled_in_afterwards_is_named() -> None:
    clean = Clean(1)
    clean.x[clean.y == 0, 2] = np.nan
    assert codes(clean) & {"leakage", "known_afterwards"}
    leaked = [one for one in clean.warnings() if one["params"].get("column") == "spend"]
    assert leaked


def test_copies_on_both_sides_of_the_split_are_counted() -> None:
    clean = Clean(2)
    clean.x[clean.judge[:40]] = clean.x[clean.teach[:40]]
    clean.y[clean.judge[:40]] = clean.y[clean.teach[:40]]
    found = rows.repeated(clean.x, clean.y, clean.teach, clean.judge)
    assert found[0]["params"]["count"] == pytest.approx(40, abs=3)


def test_equal_rows_of_a_table_with_few_values_are_nothing_odd() -> None:
    chance = np.random.default_rng(0)
    x = chance.integers(0, 3, (600, 3)).astype(float)
    y = chance.integers(0, 2, 600)
    assert not rows.repeated(x, y, np.arange(0, 500), np.arange(500, 600))


def test_a_change_in_the_middle_of_the_time_is_named_with_its_columns() -> None:
    clean = Clean(3)
    clean.x[450:, 2] += 40
    (found,) = rows.drift(clean.x, clean.y, FEATURES, {"day": clean.x[:, 0]}, seed=0)
    assert (found["code"], found["params"]["columns"][0]) == ("drift", "spend")


def test_a_target_that_moves_with_time_is_said() -> None:
    clean = Clean(3)
    clean.y[450:] |= np.random.default_rng(0).random(450) < 0.6
    found = rows.drift(clean.x, clean.y, FEATURES, {"day": clean.x[:, 0]}, seed=0)
    assert [one["code"] for one in found] == ["target_drift"]


def test_a_counter_that_only_grows_is_no_drift() -> None:
    clean = Clean(3)
    clean.x[:, 2] = np.arange(900) * 7
    assert not rows.drift(clean.x, clean.y, FEATURES, {"day": clean.x[:, 0]}, seed=0)


def test_a_group_served_worse_is_named_and_only_where_columns_tell_people_apart() -> None:
    clean = Clean(4, 2_000)
    called = (clean.chances > 0.5).astype(int)
    called[clean.gender == "m"] = 0
    (found,) = groups.unequal({"gender": clean.gender}, clean.y, called, seed=0)
    assert found["params"]["odds"] > 0.5
    assert not groups.unequal({"warehouse": clean.gender}, clean.y, called, seed=0)


def test_groups_are_scored_worst_first() -> None:
    clean = Clean(4, 2_000)
    raw = clean.raw
    raw[clean.gender == "m"] = 0.5
    listed = groups.scores({"gender": clean.gender}, AUC, clean.y, raw)
    assert [one["level"] for one in listed] == ["m", "f"]
    assert sum(one["rows"] for one in listed) == 2_000


def test_probabilities_that_claim_too_much_are_said() -> None:
    clean = Clean(5, 2_000)
    sure = np.clip(0.5 + 2.5 * (clean.chances - 0.5), 0.01, 0.99)
    assert [one["code"] for one in fit.miscalibrated(clean.y, sure, seed=0)] == ["miscalibrated"]


@pytest.mark.parametrize(
    ("train", "validation", "said"),
    [
        (5.0, 95.0, ["overfitting"]),
        (97.0, 98.0, ["underfitting"]),
        (40.0, 56.0, []),
        (99.0, 101.0, ["overfitting"]),
    ],
)
def test_learnt_by_heart_and_hardly_learnt(
    train: float, validation: float, said: list[str]
) -> None:
    points = [{"rows": 100, "train": train, "validation": validation}]
    assert [one["code"] for one in fit.curve(points, RMSE, 100.0)] == said


def test_a_rule_over_one_column_predicts_in_the_shape_of_a_model() -> None:
    clean = Clean(6)
    raw, steps = fit.rule(clean.x, clean.y, clean.teach, clean.judge, 1, classes=2, seed=0)
    assert raw.shape == (len(clean.judge), 2)
    assert AUC.safe(clean.y[clean.judge], raw) > 0.7
    assert 2 <= len(steps) <= 4
    assert [one.above for one in steps[1:]] == [one.upto for one in steps[:-1]]
    raw, steps = fit.rule(clean.x, clean.x[:, 2], clean.teach, clean.judge, 1, classes=0, seed=0)
    assert set(raw) <= {float(one.says[0]) for one in steps}


def test_a_rule_is_told_in_round_numbers_and_names() -> None:
    values = np.array([1.0, 2.0, 12.0, 13.0, np.nan])
    half = [fit.Step(None, 12.5, np.array([0.16, 0.84])), fit.Step(12.5, None, np.array([1.0, 0]))]
    assert fit.told(half, values, (), ("no", "yes")) == [
        {"says": "yes", "percent": 84, "above": None, "upto": 12.0},
        {"says": "no", "percent": 100, "above": 12.0, "upto": None},
    ]
    steps = [fit.Step(None, 0.5, np.array([7.0])), fit.Step(0.5, None, np.array([9.0]))]
    assert [one["levels"] for one in fit.told(steps, values, ("a", "b", "c"), ())] == [
        ["a"],
        ["b", "c"],
    ]
    blank = [
        fit.Step(None, fit.BLANK / 2, np.array([7.0])),
        fit.Step(fit.BLANK / 2, 6, half[1].says),
    ]
    missing, low = fit.told(blank, values, (), ())
    assert (missing, low["above"], low["upto"]) == ({"says": 7.0}, None, 6.0)


@pytest.mark.parametrize("name", ["visit", "customer_id"])
def test_rows_that_belong_to_nobody_are_not_kept_together(name: str) -> None:
    kinds = {"x": "number", "visits": "number", "spend": "number", "plan": "number", name: "number"}
    alarms = 0
    for seed in range(40):
        clean = Clean(seed)
        frame = pd.DataFrame(clean.x, columns=list(kinds)[:4])
        frame[name] = np.random.default_rng(seed).integers(0, 150, len(frame))
        found = entities.found(frame, kinds, "left", clean.y, seed=0)
        alarms += found is not None and (found.is_sure or name == "visit")
    assert alarms <= 2


@pytest.mark.parametrize(
    ("name", "target"), [("house_prices", "SalePrice"), ("churn", "Churn?")], ids=str
)
def test_ordinary_categories_are_no_entities(name: str, target: str) -> None:
    source = table.read(Path(samples.__file__).parent / f"{name}.csv")
    y = pd.factorize(source.frame[target], sort=True)[0]
    assert entities.found(source.frame, source.kinds, target, y, seed=0) is None

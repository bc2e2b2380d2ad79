"""The ensemble of a table's models: its weights, and what is kept of it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sandbox.engine import saved
from sandbox.engine.features import Feature, Features
from sandbox.engine.learners import LEARNERS, Lesson, ensemble
from sandbox.engine.learners.ensemble import Ensemble, Losses, Mean, Part, bounded, weigh
from sandbox.engine.learners.linear import Line, Linear
from sandbox.engine.problems import Problem

from .conftest import RunJob, as_csv

CHANCE = np.random.default_rng(5)
TRUTH = CHANCE.normal(size=800)


def test_models_that_err_differently_share_the_weight() -> None:
    told = {name: TRUTH + CHANCE.normal(size=800) for name in "abc"}
    weights = weigh(Losses(TRUTH, classes=0, absolute=False), told)
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights[name] for name in "abc") > 0.2


def test_a_gain_that_may_be_luck_leaves_most_weight_with_the_best() -> None:
    good = TRUTH + CHANCE.normal(size=800)
    weights = weigh(
        Losses(TRUTH, classes=0, absolute=False),
        {"good": good, "same": good + CHANCE.normal(0, 0.3, 800)},
    )
    assert weights["good"] > 0.5


def test_in_less_time_what_weighs_most_for_its_seconds_is_taught() -> None:
    parts = {
        "slow": Part(0.5, seconds=8),
        "quick": Part(0.3, seconds=1),
        "poor": Part(0.2, seconds=2),
    }
    whole = Ensemble(parts)
    for share, names in ((0.05, []), (0.2, ["quick"]), (0.4, ["quick", "poor"])):
        found = whole.within(share, workers=1)
        assert list(found.parts if found else []) == names
    assert set(parts) == {"slow", "quick", "poor"}


def test_one_row_that_is_unlike_all_others_does_not_decide() -> None:
    good, poor = TRUTH + CHANCE.normal(size=800), TRUTH + 2 * CHANCE.normal(size=800)
    good[7] += 60
    losses = Losses(TRUTH, classes=0, absolute=False)
    assert losses(good).mean() > losses(poor).mean()
    assert weigh(losses, {"good": good, "poor": poor})["good"] > 0.7


def test_large_errors_count_by_their_size_where_losses_are_steady() -> None:
    losses = Losses(np.zeros(100), classes=0, absolute=False)
    errors = np.append(np.linspace(0, 1, 99), 50.0)
    most = np.quantile(errors, ensemble.USUAL)
    steady = losses.steady(errors)(errors)
    np.testing.assert_allclose(steady[:90], errors[:90] ** 2)
    assert steady[-1] == pytest.approx(2 * most * 50 - most**2)


def test_who_would_weigh_next_to_nothing_is_no_member() -> None:
    once, twice = np.resize([1, -1], 800), np.resize([1, 1, -1, -1], 800)
    told = {"good": TRUTH + once, "poor": TRUTH + 9 * twice}
    assert weigh(Losses(TRUTH, classes=0, absolute=False), told) == {"good": 1}


def taught(classes: int) -> tuple[Lesson, Mean]:
    x = CHANCE.normal(size=(240, 3))
    y = x[:, 0] + 0.3 * CHANCE.normal(size=240)
    given = Lesson(
        x, (y > 0).astype(int) if classes else y, (0, 0, 0), classes, 0, 1, time.monotonic() + 60
    )
    parts = {name: Part(0.25) for name in ("linear", "boosting", "forest", "neural")}
    return given, Ensemble(parts).fit(given)


class Watched(Linear):
    """Notes how many threads BLAS may have while it learns."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def fit(self, lesson: Lesson) -> Line:
        found = threadpool_info()
        self.threads += [one["num_threads"] for one in found if one["user_api"] == "blas"]
        return super().fit(lesson)


def test_members_side_by_side_leave_each_other_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    monkeypatch.setitem(LEARNERS, "watched", watched)
    given = replace(taught(0)[0], threads=2)
    with threadpool_limits(2, user_api="blas"):
        Ensemble({"watched": Part(0.5), "boosting": Part(0.5)}).fit(given)
    assert watched.threads
    assert set(watched.threads) == {1}


def test_a_row_unlike_all_others_does_not_tip_the_mean(tmp_path: Path) -> None:
    x = CHANCE.normal(size=(400, 1))
    given = Lesson(x, 3 * x[:, 0], (0,), 0, 0, 1, time.monotonic() + 60)
    far = np.array([[0.0], [1e6]])
    free = Ensemble({"linear": Part(0.5), "boosting": Part(0.5)}).fit(given)
    (_, _, line), (_, _, trees) = sorted(free.members, key=lambda one: one[1] == "boosting")
    raws = {"linear": line.predict(x), "boosting": trees.predict(x)}
    bounds = bounded({"linear": 0.5, "boosting": 0.5}, raws)
    held = Mean(free.members, bounds)
    state = json.loads(json.dumps(held.save(tmp_path)))
    for one in (held, LEARNERS["ensemble"].load(state, tmp_path)):
        assert np.isclose(one.predict(x), free.predict(x)).mean() > 2 * ensemble.NEAR - 1.01
        away = one.predict(far) - trees.predict(far)
        assert abs(away[1]) <= max(map(abs, bounds["linear"])) / 2 + 1e-9
    assert bounded({"linear": 1.0}, raws) == {}


@pytest.mark.parametrize("classes", [0, 2])
def test_a_kept_ensemble_predicts_the_same(classes: int, tmp_path: Path) -> None:
    given, fitted = taught(classes)
    state = json.loads(json.dumps(fitted.save(tmp_path)))
    again = LEARNERS["ensemble"].load(state, tmp_path)
    np.testing.assert_allclose(again.predict(given.x), fitted.predict(given.x), rtol=1e-5)


def test_the_longest_member_has_a_core_to_itself() -> None:
    parts = {"linear": Part(0.1, seconds=1), "forest": Part(0.1, seconds=2)}
    wanted = Ensemble({**parts, "neural": Part(0.8, seconds=4)})
    assert wanted.queues(2) == [{"neural": 4}, {"forest": 2, "linear": 1}]
    assert wanted.seconds(2) == 4
    assert wanted.seconds(1) == 7


@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_a_harmed_archive_is_a_broken_model(harm: str, tmp_path: Path) -> None:
    _, fitted = taught(2)
    features = Features(tuple(Feature(name) for name in "abc"))
    model = saved.Model("classification", "y", "ensemble", ("no", "yes"), features, fitted)
    (name,) = set(model.save(tmp_path)) - {"model.json"}
    if harm == "cut":
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:900])
    else:
        (tmp_path / name).unlink()
    with pytest.raises(Problem) as refused:
        saved.load(tmp_path)
    assert refused.value.code == "model_broken"


ASKED = {"job": "train", "file": "t.csv", "seed": 0, "threads": 2, "target": "spend"}


def test_rows_in_the_order_of_their_date_are_split_by_it(run_here: RunJob) -> None:
    days = pd.date_range("2024-01-01", periods=400).strftime("%Y-%m-%d")
    rows = [[day, place % 7, place % 7 + place / 50] for place, day in enumerate(days)]
    data = as_csv(["day", "size", "spend"], rows)
    result = run_here({"t.csv": data}, **ASKED, spec="regression", seconds=4).result
    assert result["split"]["kind"] == "time"

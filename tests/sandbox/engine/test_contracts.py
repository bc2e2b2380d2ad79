"""Every file of a catalogue is held to the same contract, today's and tomorrow's alike."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sandbox.engine import splits
from sandbox.engine.learners import LEARNERS, Lesson
from sandbox.engine.metrics import CLASS_METRICS, NUMBER_METRICS, Metric
from sandbox.engine.specs import SPECS

TABLE = [name for name, learner in LEARNERS.items() if learner.takes == "table"]


def lesson(classes: int, *, rows: int = 240, seconds: float = 20) -> Lesson:
    chance = np.random.default_rng(1)
    x = np.column_stack(
        [
            chance.normal(0, 1, rows),
            chance.integers(0, 4, rows).astype(float),
            chance.normal(5, 3, rows),
        ]
    )
    raw = 2 * x[:, 0] + (x[:, 1] == 2) + chance.normal(0, 0.3, rows)
    y = np.digitize(raw, np.quantile(raw, np.linspace(0, 1, classes + 1)[1:-1])) if classes else raw
    x[::17, 2] = np.nan
    x[::13, 1] = np.nan
    return Lesson(x, y, (0, 4, 0), classes, 0, 1, time.monotonic() + seconds)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("classes", [0, 2, 4])
def test_a_learner_predicts_in_the_shape_asked_for(name: str, classes: int) -> None:
    given = lesson(classes)
    raw = LEARNERS[name].fit(given).predict(given.x[:50])
    assert LEARNERS[name].name == name
    assert raw.shape == ((50, classes) if classes else (50,))
    assert np.isfinite(raw).all()
    if classes:
        assert raw.sum(axis=1) == pytest.approx(1)
        assert (raw >= 0).all()


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("classes", [0, 2, 4])
def test_a_learner_written_down_and_read_predicts_the_same(
    name: str, classes: int, tmp_path: Path
) -> None:
    given = lesson(classes)
    fitted = LEARNERS[name].fit(given)
    state = json.loads(json.dumps(fitted.save(tmp_path)))
    assert all((tmp_path / file).is_file() for file in state["files"])
    again = LEARNERS[name].load(state, tmp_path)
    np.testing.assert_allclose(again.predict(given.x), fitted.predict(given.x), rtol=1e-6)


@pytest.mark.parametrize("name", TABLE)
def test_a_learner_takes_levels_and_blanks_it_never_saw(name: str) -> None:
    given = lesson(2)
    raw = LEARNERS[name].fit(given).predict(np.full((3, 3), np.nan))
    assert np.isfinite(raw).all()


@pytest.mark.parametrize("name", TABLE)
def test_a_learner_gives_the_same_with_the_same_seed(name: str) -> None:
    first, second = (LEARNERS[name].fit(lesson(2)).predict(lesson(2).x) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", TABLE)
def test_a_learner_out_of_time_still_has_an_answer(name: str) -> None:
    raw = LEARNERS[name].fit(lesson(2, seconds=-1)).predict(lesson(2).x)
    assert np.isfinite(raw).all()


@pytest.mark.parametrize("name", [name for name in TABLE if LEARNERS[name].folded])
@pytest.mark.parametrize("classes", [0, 2, 4])
def test_a_learner_beats_the_baseline_where_there_is_something_to_learn(
    name: str, classes: int
) -> None:
    given = lesson(classes)
    (metric, *_) = [m for m in CLASS_METRICS + NUMBER_METRICS if m.fits(classes)]
    learn, judge = given.of(np.arange(160)), given.of(np.arange(160, 240))
    score, guess = (
        metric.safe(judge.y, LEARNERS[one].fit(learn).predict(judge.x))
        for one in (name, "baseline")
    )
    assert metric.gain(score, guess) > 0


@pytest.mark.parametrize("name", TABLE)
def test_a_learner_can_do_with_a_single_column(name: str) -> None:
    given = lesson(2)
    raw = LEARNERS[name].fit(replace(given, x=given.x[:, :1], levels=(0,))).predict(given.x[:, :1])
    assert raw.shape == (len(given.y), 2)


@pytest.mark.parametrize("name", SPECS)
def test_a_spec_says_all_it_must(name: str) -> None:
    spec = SPECS[name]
    assert spec.name == name
    assert spec.asks
    assert set(spec.learners) <= set(LEARNERS)
    assert not LEARNERS[spec.learners[0]].folded, "the first is what the others must beat"
    assert len({metric.name for metric in spec.metrics}) == len(spec.metrics)


@pytest.mark.parametrize("metric", CLASS_METRICS + NUMBER_METRICS, ids=lambda metric: metric.name)
def test_a_metric_is_scikit_learns(metric: Metric) -> None:
    import sklearn.metrics as theirs

    chance = np.random.default_rng(0)
    name, score = metric.name, metric.score
    classes = 0 if metric.fits(0) else 2 if metric.fits(2) else 3
    y: np.ndarray
    if classes:
        y = chance.integers(0, classes, 200)
        raw = chance.dirichlet(np.ones(classes), 200)
    else:
        y = chance.normal(10, 1, 200)
        raw = y + chance.normal(0, 1, 200)
    called = raw.argmax(axis=1) if classes else raw
    expected: Callable[[], float] = {
        "roc_auc": lambda: theirs.roc_auc_score(y, raw[:, 1]),
        "roc_auc_ovr": lambda: theirs.roc_auc_score(y, raw, multi_class="ovr"),
        "log_loss": lambda: theirs.log_loss(y, raw),
        "average_precision": lambda: theirs.average_precision_score(y, raw[:, 1]),
        "f1_macro": lambda: theirs.f1_score(y, called, average="macro"),
        "rmse": lambda: theirs.root_mean_squared_error(y, raw),
        "mae": lambda: theirs.mean_absolute_error(y, raw),
        "mape": lambda: theirs.mean_absolute_percentage_error(y, raw),
    }.get(name) or (lambda: getattr(theirs, f"{name}_score")(y, called))
    assert score(y, raw) == pytest.approx(expected())


@pytest.mark.parametrize("rows", [60, 400, 9_000])
def test_a_split_shares_no_row_between_learning_and_judging(rows: int) -> None:
    y = np.random.default_rng(0).integers(0, 3, rows)
    split = splits.split(y, classes=3, seed=0)
    assert not set(split.train) & set(split.test)
    assert len(split.train) + len(split.test) == rows
    for fit, check in split.folds:
        assert not set(fit) & set(check)
        assert set(fit) | set(check) <= set(split.train)
    assert len(set(split.checked)) == len(split.checked)


def test_a_rare_class_always_teaches_and_never_judges() -> None:
    y = np.array([0] * 60 + [1] * 60 + [2] * 3)
    split = splits.split(y, classes=3, seed=0)
    rare = set(range(120, 123))
    assert not rare & set(split.test)
    assert all(rare <= set(fit) and not rare & set(check) for fit, check in split.folds)


def test_a_history_is_judged_on_its_latest_rows() -> None:
    y = np.random.default_rng(0).normal(size=400)
    times = np.repeat(np.arange(100), 4)[::-1]
    split = splits.split(y, classes=0, seed=0, times=times)
    ((fit, check),) = split.folds
    assert times[fit].max() < times[check].min() <= times[check].max() < times[split.test].min()
    assert split.facts()["kind"] == "time"
    assert len(split.train) + len(split.test) == 400

"""Kernel ridge: what holds for it beyond every learner's contract."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sandbox.engine import clock
from sandbox.engine.learners import LEARNERS, Lesson, kernel_ridge

KERNEL = LEARNERS["kernel_ridge"]
Taught = kernel_ridge.Taught


def waves(classes: int, *, rows: int = 400, groups: np.ndarray | None = None) -> Lesson:
    """A target that swings with a column, which no line follows."""
    chance = np.random.default_rng(1)
    x = chance.normal(0, 1, (rows, 3))
    height = np.sin(3 * x[:, 0]) + 0.5 * x[:, 1] + chance.normal(0, 0.1, rows)
    steps = np.quantile(height, np.arange(1, classes) / max(1, classes))
    y = np.digitize(height, steps) if classes else height
    end = time.monotonic() + 60
    return Lesson(x, y, (0, 0, 0), classes, 3, 1, end, groups=groups)


def error(lesson: Lesson, name: str) -> float:
    """Log loss or root mean squared error on a quarter that was not learnt from."""
    rows = np.arange(len(lesson.y))
    learn, judge = lesson.of(rows[rows % 4 > 0]), lesson.of(rows[rows % 4 == 0])
    raw = LEARNERS[name].fit(learn).predict(judge.x)
    if lesson.classes:
        return float(-np.log(raw[np.arange(len(judge.y)), judge.y]).mean())
    return float(np.sqrt(np.square(raw - judge.y).mean()))


@pytest.mark.parametrize("classes", [0, 2, 4])
def test_it_follows_waves_that_a_line_does_not(classes: int) -> None:
    given = waves(classes)
    assert error(given, "kernel_ridge") < 0.75 * error(given, "linear")


@pytest.mark.parametrize("groups", [None, np.arange(90) % 18])
def test_rows_left_out_are_missed_as_if_they_had_not_taught(groups: np.ndarray | None) -> None:
    """The formula against learning again without the row, or without its group."""
    chance = np.random.default_rng(0)
    near = np.exp(-np.square(chance.normal(0, 1, (90, 1)) - chance.normal(0, 1, (1, 40))))
    aims = chance.normal(0, 1, (90, 2)).astype(np.float32)
    own = np.exp(-np.square(np.arange(40)[:, None] - np.arange(40)) / 4.0)

    def taught(rows: np.ndarray) -> tuple[kernel_ridge.Basis, np.ndarray]:
        basis = kernel_ridge.Basis(own, 2)
        places = basis.places(near.copy())
        basis.take(places[:, rows], aims[rows])
        return basis, places

    basis, places = taught(np.ones(90, dtype=bool))
    _, missed = basis.left_out(0.1, places, aims, groups)
    for row in (0, 41, 89):
        away = np.arange(90) == row if groups is None else groups == groups[row]
        others, _ = taught(~away)
        weights, _ = others.left_out(0.1, places[:, ~away], aims[~away], None)
        np.testing.assert_allclose(
            missed[row], aims[row] - places[:, row] @ weights, rtol=2e-3, atol=2e-3
        )


def test_groups_are_left_out_whole_so_that_repeats_teach_no_trust() -> None:
    """Each row five times over, its class by chance: who leaves out one row knows it by heart."""
    chance = np.random.default_rng(5)
    x = np.repeat(chance.normal(0, 1, (60, 3)), 5, axis=0)
    y = np.repeat(chance.integers(0, 2, 60), 5)
    given = Lesson(x, y, (0, 0, 0), 2, 3, 1, time.monotonic() + 60, groups=np.repeat(range(60), 5))
    fresh = chance.normal(0, 1, (200, 3))
    honest, misled = (
        KERNEL.fit(one).predict(fresh).max(axis=1).mean()
        for one in (given, replace(given, groups=None))
    )
    assert honest < 0.7 < misled


def test_with_little_time_it_learns_from_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_ridge, "CELLS", 20_000)
    late = replace(waves(0, rows=2_000), deadline=time.monotonic() - 1)
    told = KERNEL.fit(late).predict(late.x)
    assert np.isfinite(told).all()
    assert told.std() > 0


def test_where_time_is_short_landmarks_go_before_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is made up: every look at it takes a second, of which 60 are left."""
    seconds = iter(range(10_000))
    given = waves(0, rows=20_000)
    lesson = given.until(60.0)
    monkeypatch.setattr(clock, "now", lambda: float(next(seconds)))
    hurried = KERNEL.fit(lesson)
    monkeypatch.undo()
    assert isinstance(hurried, kernel_ridge.Kernel)
    assert len(hurried.landmarks) < kernel_ridge.LANDMARKS
    assert len(hurried.landmarks) == len(hurried.weights)
    fresh = waves(0, rows=4_000)
    assert (hurried.predict(fresh.x) - fresh.y).std() < 0.6 * fresh.y.std()


def test_very_wide_rows_have_fewer_landmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_ridge, "WIDE", 300)
    fitted = KERNEL.fit(waves(0))
    assert isinstance(fitted, kernel_ridge.Kernel)
    assert fitted.landmarks.shape == (100, 3)


def test_rows_that_are_all_the_same_are_learnt_from_too() -> None:
    given = replace(waves(2, rows=40), x=np.ones((40, 3)))
    chances = KERNEL.fit(given).predict(given.x)
    np.testing.assert_allclose(chances, 0.5, atol=0.05)


def test_weights_that_are_not_whole_are_told(tmp_path: Path) -> None:
    state = KERNEL.fit(waves(0)).save(tmp_path)
    with np.load(tmp_path / "kernel_ridge.npz") as stored:
        arrays = dict(stored)
    np.savez(tmp_path / "kernel_ridge.npz", **arrays | {"landmarks": arrays["landmarks"][:, :2]})
    with pytest.raises(ValueError, match="do not fit"):
        KERNEL.load(state, tmp_path)
    (tmp_path / "kernel_ridge.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match="not whole"):
        KERNEL.load(state, tmp_path)

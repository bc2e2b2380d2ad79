"""The neural learner: what holds for it beyond every learner's contract."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sandbox.engine import saved
from sandbox.engine.features import Feature, Features
from sandbox.engine.learners import LEARNERS, Lesson, neural
from sandbox.engine.learners.base_perceptrons import LEARNING_RATE, Aim, OnNumpy, Weights
from sandbox.engine.learners.neural import STEEP
from sandbox.engine.metrics import CLASS_METRICS, NUMBER_METRICS
from sandbox.engine.problems import Problem

from .conftest import ROOT, RunJob, customers

NEURAL = LEARNERS["neural"]


def curved(classes: int, *, rows: int = 400) -> Lesson:
    """A target that no line follows: the product of two columns."""
    chance = np.random.default_rng(2)
    x = chance.normal(0, 1, (rows, 3))
    y = x[:, 0] * x[:, 1] + chance.normal(0, 0.1, rows)
    return Lesson(
        x, (y > 0).astype(int) if classes else y, (0, 0, 0), classes, 3, 1, time.monotonic() + 60
    )


@pytest.mark.parametrize("classes", [0, 2])
def test_it_follows_a_curve_that_neither_the_guess_nor_a_line_follows(classes: int) -> None:
    given = curved(classes)
    (metric, *_) = [m for m in CLASS_METRICS + NUMBER_METRICS if m.fits(classes)]
    learn, judge = given.of(np.arange(300)), given.of(np.arange(300, 400))
    neural, linear, guess = (
        metric.safe(judge.y, LEARNERS[name].fit(learn).predict(judge.x))
        for name in ("neural", "linear", "baseline")
    )
    assert metric.gain(neural, guess) > 0.3 * abs(guess)
    assert metric.gain(neural, linear) > 0.3 * abs(linear)


def test_the_same_seed_learns_the_same_and_another_does_not() -> None:
    given = curved(0, rows=200)
    first, second = (NEURAL.fit(given).predict(given.x) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    other = NEURAL.fit(Lesson(**{**vars(given), "seed": 4})).predict(given.x)
    assert not np.array_equal(first, other)


def test_the_more_rows_the_fewer_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural, "SHARED", 400)
    for rows, members in ((80, neural.MEMBERS), (200, 2), (500, 1)):
        fitted = NEURAL.fit(curved(0, rows=rows))
        assert isinstance(fitted, neural.Nets)
        assert {len(layer) for layer in fitted.layers} == {members}


def rates(monkeypatch: pytest.MonkeyPatch, lesson: Lesson) -> list[float]:
    """The rate of each step that is taken."""
    seen: list[float] = []

    class Watched(OnNumpy):
        def take(self, x: np.ndarray, y: np.ndarray, rate: float = 0.0) -> None:
            seen.append(rate)
            super().take(x, y, rate)

    def watched(weights: Weights, aim: Aim, *, seed: int, device: str) -> OnNumpy:
        return Watched(weights, aim, seed=seed)

    monkeypatch.setattr(neural, "steps", watched)
    NEURAL.fit(lesson)
    return seen


def test_with_many_rows_the_rate_falls_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(rates(monkeypatch, curved(0))) == {LEARNING_RATE}
    monkeypatch.setattr(neural, "LONG", 100)
    monkeypatch.setattr(neural, "PATIENT", neural.EPOCHS)
    found = rates(monkeypatch, curved(0))
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(STEEP, rel=0.05)
    assert found[-1] < 0.05 * STEEP


@pytest.mark.parametrize("falls", [False, True])
def test_a_falling_rate_is_given_longer_without_gain(
    monkeypatch: pytest.MonkeyPatch, *, falls: bool
) -> None:
    monkeypatch.setattr(neural, "LONG", 100 if falls else 1_000_000)
    monkeypatch.setattr(neural, "_loss", lambda *_asked: 1.0)
    patience = neural.PATIENT if falls else neural.PATIENCE
    assert len(NEURAL.fit(curved(0)).curve) == 1 + patience


def test_learnt_again_many_rows_still_choose_their_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    again = replace(curved(0), size=7)
    assert NEURAL.fit(again).curve == []
    monkeypatch.setattr(neural, "LONG", 100)
    whole = NEURAL.fit(again)
    assert (len(whole.curve) > 7, whole.size) == (True, 7)
    late = NEURAL.fit(again.until(time.monotonic()))
    assert (len(late.curve), late.size) == (1, 1)
    half = NEURAL.fit(replace(again.until(time.monotonic()), size=2))
    assert (len(half.curve), half.size) == (1, 2), "with a rate that fell, half the epochs do"


@pytest.mark.parametrize("classes", [0, 2])
def test_stacks_that_set_other_rows_aside_can_be_joined(
    monkeypatch: pytest.MonkeyPatch, classes: int
) -> None:
    """A level of one row is not among all that they learn from, nor is the same mean."""
    monkeypatch.setattr(neural, "LONG", 100)
    given = curved(classes)
    rare = np.zeros((len(given.y), 1))
    rare[:3, 0] = 1, 1, 2
    whole = replace(given, x=np.hstack([given.x, rare]), levels=(*given.levels, 3), size=5)
    joined = NEURAL.fit(whole)
    assert isinstance(joined, neural.Nets)
    alone = [NEURAL.fit(replace(whole, size=None, seed=given.seed + place)) for place in range(3)]
    stacks = [one for one in alone if isinstance(one, neural.Nets)]
    assert len({(one.scale, one.span, one.columns) for one in stacks}) == 1
    assert len(joined.layers[0]) == sum(len(one.layers[0]) for one in stacks)
    assert np.isfinite(joined.predict(whole.x)).all()


def keep(folder: Path) -> np.ndarray:
    """A model kept in a folder; what it predicts for the rows it learnt from."""
    given = curved(2, rows=200)
    features = Features(tuple(Feature(name) for name in "abc"))
    fitted = NEURAL.fit(given)
    saved.Model("classification", "y", "neural", ("no", "yes"), features, fitted).save(folder)
    return fitted.predict(given.x)


def test_a_kept_model_predicts_the_same_without_torch(tmp_path: Path) -> None:
    expected = keep(tmp_path)
    np.save(tmp_path / "x.npy", curved(2, rows=200).x)
    reading = (
        "import sys; from pathlib import Path; import numpy as np;"
        "from sandbox.engine import saved;"
        "folder = Path(sys.argv[1]); model = saved.load(folder);"
        "np.save(folder / 'raw.npy', model.fitted.predict(np.load(folder / 'x.npy')));"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", reading, str(tmp_path)], cwd=ROOT, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "raw.npy"), expected, rtol=1e-6)


@pytest.mark.parametrize("harm", ["cut", "empty", "pickled", "gone", "of another model"])
def test_harmed_weights_are_a_broken_model(tmp_path: Path, harm: str) -> None:
    keep(tmp_path)
    weights = tmp_path / "neural.npz"
    if harm == "cut":
        weights.write_bytes(weights.read_bytes()[:500])
    elif harm == "empty":
        weights.write_bytes(b"")
    elif harm == "pickled":
        np.savez(weights, np.array([{}], dtype=object))
    elif harm == "gone":
        weights.unlink()
    else:
        np.savez(weights, np.zeros((4, 9, 2), dtype=np.float32))
    with pytest.raises(Problem) as refused:
        saved.load(tmp_path)
    assert refused.value.code == "model_broken"


def test_a_short_budget_leaves_it_out_and_says_so(run_job: RunJob) -> None:
    ended = run_job(
        {"t.csv": customers()},
        job="train",
        file="t.csv",
        seconds=2,
        seed=0,
        threads=2,
        spec="classification",
        target="left",
    )
    assert ended.code == 0, ended.stderr
    rows = {row["model"]: row for row in ended.result["leaderboard"]}
    assert (rows["neural"]["status"], rows["neural"]["why"]) == ("failed", "no_time")
    (short,) = [one for one in ended.result["warnings"] if one["code"] == "time_short"]
    assert "neural" in short["params"]["learners"]

"""The course of anomaly detection: nobody is taught by labels; where there are any, they judge."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sandbox.engine import clock, explain, metrics, points, splits, table
from sandbox.engine.checks import table as checks
from sandbox.engine.learners import LEARNERS, Fitted
from sandbox.engine.metrics import anomaly
from sandbox.engine.problems import Problem, warning
from sandbox.engine.training import sample
from sandbox.engine.training.course import Entry
from sandbox.engine.training.points import Model, PointsCourse, usable
from sandbox.engine.typical import typical as typical_row

from . import evidence, truth

if TYPE_CHECKING:
    from sandbox.engine.job import Job
    from sandbox.engine.specs.base import Spec

KINDS = ("number", "category", "boolean", "date")
DEFAULT = "isolation_forest"
"""The detector that is best most often where nobody can say which is (ADBench; see the docs)."""
LEAST_ROWS = 20
COUNTED = 20_000
"""Rows by which a threshold is found well enough to compare detectors."""
SCORED = 150_000
"""Cells of a table that are scored in a second, once for the test and twice in the end."""
SCORING = 0.25
"""The share of the time that this may take; of a longer table a sample is looked at."""


@dataclass(kw_only=True)
class DetectionCourse(PointsCourse):
    """One search for strange rows, a share `alerts` of which people will look at."""

    truth: truth.Truth | None
    alerts: float
    threshold: float = 0.0

    def ends(self) -> float:
        """Earlier, for every row to be scored."""
        return super().ends() - min(SCORING * self.job.seconds, self.x.size / SCORED)

    @property
    def best(self) -> Entry:
        """By labels the best on validation rows; without any, the usually best one."""
        named = {entry.model: entry for entry in self.entries if entry.score is not None}
        if self.truth is None:
            return named.get(DEFAULT) or named[self.spec.learners[0]]
        return max(named.values(), key=lambda entry: self.metric.gain(entry.score or 0.0, 0.0))

    def attempt(self, name: str) -> Entry:
        """Teach a detector on the folds; score the rows each left out, by labels or steadiness."""
        if not self.is_ready(name):
            return Entry(name, 0.0, why="no_time")
        began = time.monotonic()
        share = 0.7 * max(0.0, self.deadline - began) / (2 * len(self.split.folds))
        pieces: list[np.ndarray] = []
        entry = Entry(name, 0.0)
        for place, (fit, check) in enumerate(self.split.folds):
            until = began + share * (2 * place + 2)
            if self.truth is None:
                entry.first, pieces = self._halves(name, fit, check, until)
                break
            fitted = LEARNERS[name].fit(self.lesson(fit, until))
            threshold = self._budget(fitted, fit)
            pieces.append(anomaly.alerts(fitted.predict(self.x[check]), threshold))
            entry.first = entry.first or fitted
        entry.fit_seconds = time.monotonic() - began
        if self.truth is None:
            given, entry.raw = pieces
        else:
            given, entry.raw = self._known(self.split.checked), np.concatenate(pieces)
        score = self.metric.safe(given, entry.raw)
        if not np.isfinite(score):
            entry.why = "learner_failed"
            return entry
        entry.score = score
        entry.interval = metrics.interval(self.metric, given, entry.raw, seed=self.seed)
        return entry

    def judge(self) -> None:
        """Say that without labels nobody can judge, or whether anything beats blind chance."""
        if self.truth is None:
            self.warnings.append(warning("no_truth", learners=[self.best.model]))
            return
        tried = sum(entry.score is not None for entry in self.entries[1:])
        given, best, dice = self._known(self.split.checked), self.best, self.baseline
        if not tried or best.raw is None or dice.raw is None:
            return
        low, _ = metrics.gain_interval(
            self.metric, given, best.raw, dice.raw, seed=self.seed, tried=tried
        )
        if best is dice or not low > 0:
            self.warnings.append(warning("no_skill", metric=self.metric.name))

    def conclude(self) -> dict[str, Any]:
        """The one look at the test rows, then what the alerts rest on."""
        best, split = self.best, self.split
        assert best.first is not None
        tested = best.first
        if self.job.left() > 4 * best.fit_seconds + 0.2 * self.job.seconds:
            until = clock.now() + max(0.5, 0.4 * self.job.left())
            tested = LEARNERS[best.model].fit(self.lesson(split.train, until))
        self.threshold = self._budget(tested, split.train)
        raw = anomaly.alerts(tested.predict(self.x[split.test]), self.threshold)
        test = self._tested(raw)
        final = self.teach_finally(tested)
        scores = final.predict(self.x)
        self.threshold = anomaly.budget(scores, self.alerts)
        self.tell("explaining", 0.8)
        agreement = evidence.agreement(self)
        strangest = evidence.strangest(self, final, scores)
        important = self._importance(tested)
        return {
            "target": self.truth.target if self.truth else None,
            "positive": self.truth.label if self.truth else None,
            "rows": self.source.rows,
            "columns": len(self.source.kinds),
            "test": test,
            "split": split.facts(),
            "importance": important,
            "learning_curve": [],
            "base_rate": float(self.truth.y.mean()) if self.truth else None,
            "alert": {
                "share": self.alerts,
                "threshold": self.threshold,
                "rows": int((scores > self.threshold).sum()),
            },
            "histogram": evidence.histogram(scores),
            "precision_recall": self._curve(raw),
            "agreement": agreement,
            "strangest": strangest,
            "typical_row": typical_row(
                self.source.frame,
                self.space.features.wanted,
                [one["column"] for one in important],
            ),
            "tables": evidence.tables(strangest, agreement),
        }

    def keep(self) -> dict[str, Any]:
        """Keep the detector with its threshold; score the other table, or else this one."""
        assert self.final is not None
        unseen = self.x if self.unseen is None else self.space.transform(self.unseen)
        return self.write(
            {"threshold": self.threshold}, called(self.final.predict(unseen), self.threshold)
        )

    def _halves(
        self, name: str, fit: np.ndarray, check: np.ndarray, until: float
    ) -> tuple[Fitted, list[np.ndarray]]:
        """Two detectors, each taught on one half, and their scores of rows neither has seen."""
        order = np.random.default_rng(self.seed).permutation(fit)
        halves = np.sort(order[::2]), np.sort(order[1::2])
        middle = (clock.now() + until) / 2
        taught = [
            LEARNERS[name].fit(replace(self.lesson(half, ends), seed=self.seed + place))
            for place, (half, ends) in enumerate(zip(halves, (middle, until), strict=True))
        ]
        return taught[0], [one.predict(self.x[check]) for one in taught]

    def _budget(self, fitted: Fitted, rows: np.ndarray) -> float:
        """The threshold that keeps to the share of alerts on some of the rows it learnt from."""
        rows = np.random.default_rng(self.seed).permutation(rows)[:COUNTED]
        return anomaly.budget(fitted.predict(self.x[rows]), self.alerts)

    def _known(self, rows: np.ndarray) -> np.ndarray:
        """The labels of these rows, all of which are labelled."""
        assert self.truth is not None
        return self.truth.y[np.searchsorted(self.truth.rows, rows)]

    def _tested(self, raw: np.ndarray) -> dict[str, Any]:
        """Scores on the test rows; without labels there is none to give."""
        if self.truth is None:
            return {"score": None, "interval": [None, None], "rows": len(raw), "scores": {}}
        given = self._known(self.split.test)
        return {
            "score": self.metric.safe(given, raw),
            "interval": metrics.interval(self.metric, given, raw, seed=self.seed),
            "rows": len(raw),
            "scores": {one.name: one.safe(given, raw) for one in self.spec.metrics if one.fits(2)}
            | {"base_rate": float(given.mean())},
        }

    def _curve(self, raw: np.ndarray) -> list[dict[str, float]]:
        return evidence.curve(self._known(self.split.test), raw[:, 1]) if self.truth else []

    def _importance(self, tested: Fitted) -> list[dict[str, Any]]:
        """By how much the score falls, or the order changes, when a column is shuffled."""
        rows = self.split.checked
        x = self.space.features.transform(self.source.frame.iloc[rows])

        def scores(x: np.ndarray) -> np.ndarray:
            return tested.predict(self.space.place(x))

        def alerted(x: np.ndarray) -> np.ndarray:
            return anomaly.alerts(scores(x), self.threshold)

        return explain.importance(
            scores if self.truth is None else alerted,
            x,
            scores(x) if self.truth is None else self._known(rows),
            self.space.features,
            self.metric,
            seed=self.seed,
            deadline=clock.now() + max(0.2, 0.3 * self.job.left()),
        )


def called(scores: np.ndarray, threshold: float) -> pd.DataFrame:
    """`score`, the higher the stranger, and `anomaly`, 1 above the threshold."""
    return pd.DataFrame({"score": scores, "anomaly": (scores > threshold).astype(int)})


def predict(job: Job) -> dict[str, Any]:
    """Score another table with the kept detector and its threshold."""
    job.progress("reading", 0.1)
    model = Model.load(job.folder / "in")
    frame, unseen = model.points(job.needed("file"))
    job.progress("training", 0.6)
    try:
        threshold = float(model.facts["threshold"])
    except (KeyError, TypeError, ValueError):
        raise Problem("model_broken") from None
    answers = called(model.fitted.predict(unseen), threshold)
    answers.to_csv(job.output("predictions.csv"), index=False)
    return {"rows": len(frame), "new_levels": model.space.features.unknown(frame)}


def begin(spec: Spec, job: Job) -> DetectionCourse:
    """Read, check and split; Problem when the table or the job does not allow a training."""
    job.progress("reading", 0.02)
    source = table.read(job.needed("file"))
    target = source.required(job.text("target")) if job.asked.get("target") else None
    seed = job.number("seed", 0)
    most = sample.affordable(source, SCORING * job.left(), SCORED)
    source = sample.taken(source, most, seed=seed)
    rows = len(source.frame)
    if rows < LEAST_ROWS:
        raise Problem("too_few_rows", rows=rows, needed=LEAST_ROWS)
    job.progress("profiling", 0.08)
    known = truth.read(source, target) if target else None
    if known is None:
        whole = splits.split(np.zeros(rows), classes=0, seed=seed)
        split = splits.Split(whole.train, whole.test, whole.folds[:1], stratified=False)
        metrics.named(spec.metrics, job.asked.get("metric"))
        metric = anomaly.STABILITY  # the others need labels
    else:
        split = _labelled(known, rows, seed)
        metric = metrics.choose(spec.metrics, job.asked.get("metric"), known.y, 2)
    learn = source.frame.iloc[split.train]
    space = points.for_strangeness(learn, source.kinds, usable(source, KINDS, but=target))
    unseen = None
    if path := job.input("test"):
        unseen = table.align(table.read(path), space.features.wanted)
    warned = [*source.warnings, *checks.columns(source, target)]
    warned += known.warnings() if known else []
    return DetectionCourse(
        job=job,
        spec=spec,
        metric=metric,
        warnings=warned,
        source=source,
        space=space,
        x=space.transform(source.frame),
        split=split,
        unseen=unseen,
        truth=known,
        alerts=_alerts(spec, job),
    )


def _labelled(known: truth.Truth, rows: int, seed: int) -> splits.Split:
    """Labelled rows are split as for classes; the others teach everywhere and judge nowhere."""
    found = splits.split(known.y, classes=2, seed=seed)
    others = np.setdiff1d(np.arange(rows), known.rows)

    def teaching(places: np.ndarray) -> np.ndarray:
        return np.sort(np.concatenate([known.rows[places], others]))

    folds = tuple((teaching(fit), known.rows[check]) for fit, check in found.folds)
    return splits.Split(teaching(found.train), known.rows[found.test], folds, stratified=True)


def _alerts(spec: Spec, job: Job) -> float:
    """The share of rows people can look at; Problem `job_invalid` when it is none."""
    ask = next(ask for ask in spec.asks if ask.name == "alerts")
    share = job.asked.get("alerts")
    share = ask.default if share is None else share
    if isinstance(share, bool) or not isinstance(share, int | float):
        raise Problem("job_invalid", field="alerts")
    if not ask.least <= share <= ask.most:
        raise Problem("job_invalid", field="alerts")
    return float(share)

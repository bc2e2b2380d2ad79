"""How every training goes: compare, look at the test once, explain, keep the best."""

from __future__ import annotations

import math
import sys
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.engine import clock, device, memory
from sandbox.engine.learners import LEARNERS
from sandbox.engine.problems import LeftOut, Warned, by_gravity, warning

if TYPE_CHECKING:
    import numpy as np

    from sandbox.engine.job import Job
    from sandbox.engine.learners import Fitted, Learner
    from sandbox.engine.metrics import Metric
    from sandbox.engine.specs.base import Spec

ENDING, RESERVE = 0.85, 0.35
"""Test, explanations and charts get so many times the square root of the budget's seconds, for they
take longer where more was learnt, yet not in proportion; of a short budget that share."""
DRAWING, DRAWN = 0.5, 0.25
"""The same of what writing the model and charts get of it."""
COMMON = ("learning_curve", "leaderboard", "importance")
"""The charts of every training."""
FEW_ROWS = 200
"""Rows below which every number is rough."""
LUCKY = "lead_may_be_luck"
"""Why the best score is not enough: the mean of several learners may be as good, and errs less
where little decides."""


@dataclass
class Entry:
    """One learner in the comparison: its row of the leaderboard and what it learnt on the way."""

    model: str
    fit_seconds: float
    score: float | None = None
    interval: tuple[float, float] | None = None
    why: str | None = None
    raw: np.ndarray | None = None
    first: Fitted | None = None
    """What the first fold learnt."""
    models: list[Fitted] = field(default_factory=list)
    """What each fold learnt, where they are kept."""
    learner: Learner | None = None
    """How to learn it again, where it is the mean of several."""
    size: int | None = None
    cut: float | None = None

    def row(self) -> dict[str, Any]:
        """The row as the leaderboard shows it."""
        return {
            "model": self.model,
            "validation": self.score,
            "interval": list(self.interval) if self.interval else None,
            "fit_seconds": round(self.fit_seconds, 3),
            "status": "failed" if self.score is None else "ok",
            "why": self.why,
        }


@dataclass(kw_only=True)
class Course(ABC):
    """One training as it goes: what is asked, what is known so far, how much time is left.

    Each task type says how one learner is tried and how it all ends; the order, the clock and
    what happens to a learner that fails are the same for all.
    """

    job: Job
    spec: Spec
    metric: Metric
    warnings: list[Warned]
    seed: int = field(init=False)
    threads: int = field(init=False)
    deadline: float = field(init=False)
    """When, on `clock`'s, learning must end so that what follows has its time."""
    entries: list[Entry] = field(default_factory=list)
    first_result: float | None = None

    def __post_init__(self) -> None:
        """What every job says alike."""
        self.seed = self.job.number("seed", 0)
        self.threads = max(1, self.job.number("threads", 2))
        self.deadline = self.ends()

    def ends(self) -> float:
        """When learning must end, on `clock`'s, for test and charts to have time."""
        return clock.now() + self.job.left() - ending(self.job)

    @abstractmethod
    def attempt(self, name: str) -> Entry:
        """Teach one learner and score it on validation data; `why` says where that was left out."""

    @abstractmethod
    def conclude(self) -> dict[str, Any]:
        """The one look at the test, and the explanations: what only this task type has to say.

        At least rows, columns, split, test {score, interval, rows, scores}, importance and
        learning_curve (both may be empty); a task type without truth has a test score of None.
        `split` has a kind, whose sentence stands in `sandbox.messages.names.SPLITS`, and numbers.

        `tables` shows facts of any kind to people, in the order given: each is
        {name, columns: [names], rows: [[cell, …], …]} with at most 50 rows of text, numbers or
        None. Page and report show it under the title of its name and its columns' titles
        (`sandbox.messages.names.TABLES` and `TABLE_COLUMNS`; `metric.<name>` is a metric's
        title, any other name its own title), so that a column of the user's keeps its name.
        `typical_row` (`sandbox.engine.typical`) is what people begin with when they ask, what if.
        """

    @abstractmethod
    def keep(self) -> dict[str, Any]:
        """Learn from all there is, write the model and the predictions.

        Learner, files, rows and, where a row can be asked for alone, milliseconds_per_row.
        """

    def judge(self) -> None:
        """Warn of what the comparison shows, such as that nothing beats the baseline."""
        return

    def combine(self) -> None:
        """After each learner, bring up to date what is made of several."""
        return

    @property
    def learners(self) -> tuple[str, ...]:
        """The task type's learners, without those whose file nobody lends."""
        return tuple(
            name for name in self.spec.learners if LEARNERS[name].lent in ("", *self.job.asked)
        )

    @property
    def baseline(self) -> Entry:
        """What the other learners must beat."""
        return self.entries[0]

    @property
    def best(self) -> Entry:
        """The best validation score, or the mean of several where a single one leads by luck."""
        scored = [entry for entry in self.entries if entry.score is not None]
        top = max(scored, key=lambda entry: self.metric.gain(entry.score or 0.0, 0.0))
        return top if top.why != LUCKY else next(entry for entry in scored if entry.learner)

    def parted(self) -> Entry | None:
        """Take the mean of several off the leaderboard, and what was said because of it."""
        mean = next((entry for entry in self.entries if entry.learner), None)
        self.entries[:] = [entry for entry in self.entries if entry is not mean]
        for entry in self.entries:
            entry.why = None if entry.why == LUCKY else entry.why
        return mean

    def leaderboard(self) -> list[dict[str, Any]]:
        """The rows, best first; those without a score last."""
        ranked = sorted(
            self.entries,
            key=lambda entry: (
                entry.score is None,
                -self.metric.gain(entry.score, 0.0) if entry.score is not None else 0.0,
            ),
        )
        return [entry.row() for entry in ranked]

    def tell(self, stage: str, fraction: float) -> None:
        """Progress with the leaderboard so far."""
        best = self.best.model if self.entries else None
        self.job.progress(stage, fraction, self.leaderboard(), best, self.metric.name)

    @property
    def is_enough(self) -> bool:
        """Whether people want the best so far, and there is one."""
        return self.first_result is not None and self.job.is_stopped

    def compare(self) -> None:
        """Try every learner of the task; one that fails is a row that says why."""
        names = self.learners
        for place, name in enumerate(names):
            if self.is_enough:
                self.entries += [Entry(untried, 0.0, why="stopped") for untried in names[place:]]
                break
            stage = "training" if self.entries else "baseline"
            began = time.monotonic()
            try:
                entry = self.attempt(name)
            except MemoryError:
                entry = Entry(name, time.monotonic() - began, why="no_memory")
            except LeftOut as left:
                entry = Entry(name, time.monotonic() - began, why=left.code)
            except Exception as error:
                # Whatever a library throws at odd data must not cost the models that did learn.
                if not self.entries:
                    raise
                traceback.print_exc(file=sys.stderr)
                why = "no_memory" if device.is_full(error) else "learner_failed"
                entry = Entry(name, time.monotonic() - began, why=why)
            if entry.why == "no_time" and self.is_enough:
                entry.why = "stopped"
            self.entries.append(entry)
            if place and entry.score is not None and self.first_result is None:
                self.first_result = self.job.at()
            self.combine()
            memory.give_back()
            self.tell(stage, 0.12 + 0.58 * (place + 1) / len(names))
        if late := [entry.model for entry in self.entries if entry.why == "no_time"]:
            self.warnings.append(warning("time_short", learners=late))

    def run(self) -> dict[str, Any]:
        """The whole training; the result as `result.json` holds it, its charts still to draw.

        Files go to `out/`.
        """
        memory.give_back()  # the table was text before it was numbers
        with clock.spared_by(self._spared):
            self.compare()
        self.judge()
        memory.give_back()
        self.tell("explaining", 0.72)
        result = self.conclude()
        result |= {
            "task": self.spec.name,
            "metric": self.metric.name,
            "metric_direction": self.metric.direction,
            "baseline": {"name": self.baseline.model, "validation": self.baseline.score},
            "leaderboard": self.leaderboard(),
            "best": self.best.model,
            "first_result_seconds": round(self.first_result or self.job.at(), 2),
            "seed": self.seed,
            "seconds": self.job.seconds,
        }
        kept = self.job.output("model/model.json").parent
        result["model"] = self.keep()
        result["model"]["bytes"] = sum(path.stat().st_size for path in kept.iterdir())
        result["device"] = device.facts()
        self.warnings += device.cautions()
        if self.job.is_stopped:
            self.warnings.append(self._stopped())
        self.tell("drawing", 0.9)
        return result | {
            "warnings": by_gravity(self.warnings),
            "to_draw": [*COMMON, *self.spec.drawn],
        }

    def _spared(self) -> float:
        """The seconds that learning may still take and, as people have seen enough, need not."""
        left = self.job.seconds - self.job.at()
        return max(0.0, left - ending(self.job)) if self.is_enough else 0.0

    def _stopped(self) -> Warned:
        """Say openly that the run ended before its time, and what was not tried."""
        if untried := [entry.model for entry in self.entries if entry.why == "stopped"]:
            return warning("stopped_early", count=len(untried), learners=untried)
        return warning("stopped_late")


def ending(job: Job) -> float:
    """The seconds that test, explanations and charts take."""
    return min(ENDING * math.sqrt(job.seconds), RESERVE * job.seconds)


def drawing(job: Job) -> float:
    """The seconds that writing the model and charts take, after all explanations."""
    return min(DRAWING * math.sqrt(job.seconds), DRAWN * job.seconds)


def milliseconds(predict: Callable[[], object]) -> float:
    """How long a call takes at its quickest, as a service that is awake would answer."""
    spent = []
    for _ in range(3):
        began = time.perf_counter()
        predict()
        spent.append(time.perf_counter() - began)
    return round(1000 * min(spent), 3)

"""A training on a table with a target column: what is asked, and what the rows hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from sandbox.engine import metrics, splits, table
from sandbox.engine.checks import table as checks
from sandbox.engine.features import MAX_LEVELS, USED, Features
from sandbox.engine.job import Job
from sandbox.engine.learners import LEARNERS, Fitted, Lesson
from sandbox.engine.problems import Problem, warning
from sandbox.engine.training import sample
from sandbox.engine.training.course import FEW_ROWS, Course, Entry

from . import comparison, conclusion, review, sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from sandbox.engine.specs.base import Goal, Supervised
    from sandbox.engine.splits import Fold, Split

TAUGHT, USUAL = 2_500, 20
"""Rows of two classes and so many columns that the first few models can check on folds in a second,
where time is left as well for later models and for learning from all rows."""
TIMED = 300
"""Rows from which on the latest of them say enough about the future."""
LINE = "linear"
TREES, NETWORKS = "boosting", "neural"
CROWD, SHORT = 3, 20_000
"""Classes from which on, with no more rows than that, the line comes first, and where all columns
are numbers what bends it, kernels and networks, before trees."""
RANDOM, SLOW = "boosting_extra", "boosting_small"
"""With such a crowd, the first of them comes before the second, however many rows there are."""
WIDE, THIN = 100, 10
"""Columns from which on, with fewer rows than so many times as many, a table is learnt by a line
first: it is there in a second, where trees search each column at every cut."""
MOMENTS = 20
"""Different times in a table that has a history."""


@dataclass(kw_only=True)
class TableCourse(Course):
    """One training on rows with a known target."""

    spec: Supervised
    source: table.Table
    goal: Goal
    features: Features
    split: Split
    lesson: Lesson = field(init=False)
    unseen: pd.DataFrame | None
    spare: tuple[Fold, ...] = ()
    """Folds of the split that nobody was checked on yet."""
    group: str | None = None
    """The column whose rows belong together, where one is known."""
    awake: set[str] = field(default_factory=set)
    """The learners that have loaded what they take."""
    shining: dict[str, float] = field(default_factory=dict)
    """The learners that at a look did better on a long table than the first, with their scores."""
    outshone: set[str] = field(default_factory=set)
    """Those that did worse: where time is short, it is better spent on others."""
    predicting: float = 0.0
    """The seconds that what is kept will take for the rows asked about."""
    tested: Fitted | None = None
    """The model that met the test rows, until there is one to keep instead."""
    kept: Fitted | None = None
    """The best learner taught once more, by all rows; None where there was no time for it."""
    learnt: int = field(init=False)
    """How many rows taught the model that is kept."""

    def __post_init__(self) -> None:
        """What there is to learn; what is to be said of few rows and of levels never seen."""
        super().__post_init__()
        self.lesson = self.taught()
        self.learnt = len(self.split.train)
        if len(self.goal.y) < FEW_ROWS:
            self.warnings.append(warning("few_rows", rows=len(self.goal.y)))
        new = [] if self.unseen is None else self.features.unknown(self.unseen)
        if new:
            self.warnings.append(warning("new_levels", columns=new))

    @property
    def known(self) -> pd.DataFrame:
        """The rows whose target is known."""
        return self.source.frame.iloc[self.goal.rows]

    @property
    def learners(self) -> tuple[str, ...]:
        """The task type's, cheapest first.

        With a crowd of classes, trees cut at random come sooner than small ones, for each round of
        boosting grows a tree for every class there is; where rows are few too, and on wide tables,
        the line comes first.
        """
        found = list(super().learners)
        width, rows = len(self.features.features), len(self.split.train)
        has_crowd = self.goal.classes >= CROWD
        is_crowded = has_crowd and rows <= SHORT
        if (is_crowded or (width >= WIDE and THIN * width > rows)) and LINE in found:
            found.remove(LINE)
            found.insert(1, LINE)
        if is_crowded and not any(self.features.levels) and {TREES, NETWORKS} <= set(found):
            found.remove(TREES)
            found.insert(found.index(NETWORKS) + 1, TREES)
        if has_crowd and RANDOM in found:
            found.remove(RANDOM)
            found.insert(found.index(SLOW), RANDOM)
        return tuple(found)

    def taught(self) -> Lesson:
        """All rows whose target is known, as learners take them."""
        return Lesson(
            x=self.features.transform(self.known),
            y=self.goal.y,
            levels=self.features.levels,
            classes=self.goal.classes,
            seed=self.seed,
            threads=self.threads,
            deadline=self.deadline,
            absolute=self.metric.absolute,
            groups=self.split.groups if self.split.is_grouped else None,
            whole=len(self.goal.y),
        )

    def attempt(self, name: str) -> Entry:
        """Teach one learner on the folds and score it on the rows each fold left out."""
        is_first = self.first_result is None and len(self.entries) == 1
        entry = comparison.attempt(self, name)
        if is_first:
            Thread(target=comparison.wake, args=(self,), daemon=True).start()
        return entry

    def combine(self) -> None:
        """Refresh the ensemble."""
        comparison.combine(self)

    def compare(self) -> None:
        """Try every learner; then, while there is time, check all on more of the folds.

        Small tables are checked once more on other folds.
        """
        super().compare()
        comparison.widen(self)
        comparison.repeat(self)

    def shuffled(self, rows: np.ndarray) -> np.ndarray:
        """These rows in a random order, of which each beginning is a smaller table.

        Where rows belong together, group after group.
        """
        chance = np.random.default_rng(self.seed)
        if (groups := self.split.groups) is None or not self.split.is_grouped:
            return chance.permutation(rows)
        turns = chance.permutation(int(groups.max()) + 1)
        return np.asarray(rows[np.argsort(turns[groups[rows]], kind="stable")])

    def judge(self) -> None:
        """Say plainly when no model beats the guess, and name columns that give it away."""
        review.judge_skill(self)

    def conclude(self) -> dict[str, Any]:
        """Look at the test rows once and explain the best learner."""
        return conclusion.conclude(self)

    def keep(self) -> dict[str, Any]:
        """Write the model that is kept; predict where asked."""
        return conclusion.keep(self)


def begin(spec: Supervised, job: Job) -> TableCourse:
    """Read, check and split; Problem when the table or the job does not allow a training."""
    job.progress("reading", 0.02)
    # while the table is read, the other core loads what the first model takes
    Thread(target=LEARNERS[spec.learners[1]].start, daemon=True).start()
    source = table.read(job.needed("file"))
    target = source.required(job.text("target"))
    group = sides.asked(job, source, target)
    job.progress("profiling", 0.08)
    seed = job.number("seed", 0)
    source = sample.taken(source, sample.affordable(source, job.left()), seed=seed)
    goal = spec.check(source, target)
    metric = metrics.choose(spec.metrics, job.asked.get("metric"), goal.y, goal.classes)
    twins = checks.copies(source)
    columns = [
        one
        for one, kind in source.kinds.items()
        if kind in USED and one not in (target, group) and twins.get(one) in (None, target)
    ]
    later = table.read(path) if (path := job.input("test")) else None
    known = source.frame.iloc[goal.rows]
    times = history(known, [one for one in columns if source.kinds[one] == "date"], later)
    looks = len(columns) > 1  # who a row is about may be all there is to learn from
    divided = sides.divide(source, goal, group, seed=seed, times=times, looks=looks)
    split, group = divided.split, divided.group
    # who a row is about would be learnt by heart, and says nothing of the next one
    columns = [one for one in columns if one not in (group, twins.get(group or ""))]
    # a short time is better spent on more models than on more folds of the same
    each = len(split.train) * max(1.0, goal.classes / 2) * max(1.0, len(columns) / USUAL)
    count = max(splits.LEAST_FOLDS, int(TAUGHT * max(0.0, job.left()) / each))
    workers = max(1, job.number("threads", 2))
    count = -(-count // workers) * workers  # side by side they take no longer
    split, spare = split.first(count), split.folds[count:]
    features = Features.fit(known.iloc[split.train], source.kinds, columns)
    if not features.features:
        raise Problem("no_features")
    unseen = table.align(later, features.wanted) if later else None
    warned = [*source.warnings, *checks.columns(source, target), *goal.warnings]
    warned += divided.warnings
    if full := [one.source for one in features.features if len(one.levels) == MAX_LEVELS]:
        warned.append(warning("levels_capped", columns=full, limit=MAX_LEVELS))
    return TableCourse(
        job=job,
        spec=spec,
        metric=metric,
        warnings=warned,
        source=source,
        goal=goal,
        features=features,
        split=split,
        spare=spare,
        unseen=unseen,
        group=group,
    )


def history(
    known: pd.DataFrame, dates: Sequence[str], later: table.Table | None
) -> np.ndarray | None:
    """When each row happened, where rows to come are meant to be predicted; None where not.

    That is so when the table has one date without blanks, and either the rows to predict are all
    as late as the latest or the table itself is kept in the order of that date.
    """
    if len(dates) != 1 or len(known) < TIMED:
        return None
    stamps = known[dates[0]]
    if stamps.isna().any() or stamps.nunique() < MOMENTS:
        return None
    if later is not None and later.column(dates[0]):
        ahead = table.align(later, {dates[0]: "date"})[dates[0]]
        if ahead.min() >= stamps.max():
            return stamps.to_numpy()
    if stamps.is_monotonic_increasing or stamps.is_monotonic_decreasing:
        return stamps.to_numpy()
    return None

"""When comparing ends, so that the best can learn once more from all rows, and what that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine import clock
from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.ensemble import Ensemble
from sandbox.engine.training.course import Entry, drawing

if TYPE_CHECKING:
    from sandbox.engine.learners import Learner

    from .course import TableCourse

ROUGHLY = 1.3
"""How far off the seconds that something will take may be."""
POOLED = 8_000_000
"""Cells below which folds run side by side with one thread each; above, one by one."""


def growth(course: TableCourse) -> float:
    """How many times the rows of one fold all rows are."""
    return len(course.goal.y) / len(course.split.folds[0][0])


def again_seconds(course: TableCourse, entry: Entry) -> float:
    """How long a learner that the folds taught will take to learn from all rows."""
    # where folds were learnt side by side, each took that many times its share of the seconds
    workers = course.lesson.threads if is_pooled(course) else 1
    if isinstance(entry.learner, Ensemble):
        seconds = entry.learner.seconds(workers) * workers
    else:
        learner = LEARNERS[entry.model]
        seconds = entry.fit_seconds * learner.again * (workers if learner.folded else 1)
    return seconds * growth(course) / len(course.split.folds)


def predicting(course: TableCourse, seconds: float) -> float:
    """How long one model takes for the rows asked about, if it takes so many seconds for the test.

    At most what learning once more leaves: explanations give way, the model does not.
    """
    if course.unseen is None:
        return 0.0
    room = unwritten(course) - ROUGHLY * again_seconds(course, course.best)
    return min(seconds / len(course.split.test) * len(course.unseen), max(0.0, room))


def unwritten(course: TableCourse) -> float:
    """The seconds until predictions that were asked for, the model and charts must be written.

    The best may learn once more in them: people need it more than explanations.
    """
    return course.job.left() - drawing(course.job) - course.predicting


def can_learn_again(course: TableCourse) -> bool:
    """Whether the best so far can still learn once more from all rows."""
    return again_seconds(course, course.best) < unwritten(course)


def affordable(course: TableCourse) -> Learner | None:
    """What of the best so far can still learn from all rows: of an ensemble perhaps some parts."""
    learner = course.best.learner or LEARNERS[course.best.model]
    if can_learn_again(course):
        return learner
    if not isinstance(learner, Ensemble):
        return None
    share = unwritten(course) / again_seconds(course, course.best)
    return learner.within(share, learner.workers(course.lesson))


def compared_by(course: TableCourse, *, shines: bool = False) -> float:
    """When comparing must end so that the best so far can learn once more from all rows.

    Where it cannot any more, that time is better spent on others than on nothing; and what shines
    is worth more than the best so far with a few more rows.
    """
    if shines:
        return clock.now() + unwritten(course)
    best, deadline = course.best, course.lesson.deadline
    if best is course.baseline or not can_learn_again(course):
        return deadline
    return deadline - again_seconds(course, best)


def is_pooled(course: TableCourse) -> bool:
    """Whether folds are learnt side by side, with one thread each."""
    return course.lesson.x.size < POOLED and len(course.split.folds) > 1

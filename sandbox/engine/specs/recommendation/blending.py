"""The blend of the best recommenders: of learners near each other, which one leads is luck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.learners.base_items import Taste
from sandbox.engine.learners.blend import Blend, Blended
from sandbox.engine.training.course import LUCKY, Entry

if TYPE_CHECKING:
    from .course import RecommendationCourse

MEMBERS = 3
CLOSE, STEADIER = 0.9, 0.95
"""The share of the best one's score that a member reaches; that with which the blend is kept, for
learnt from more pairs it gains more than any of them."""


def combine(course: RecommendationCourse) -> None:
    """Bring it up to date; it is kept unless a single learner is clearly better."""
    mean = course.parted()
    members = _members(course)
    if len(members) < 2:
        return
    learner = Blend({one.model: one.size for one in members})
    if mean is None or mean.learner != learner:
        first = course.rounds[0]
        fitted = {one.model: one.first for one in members if isinstance(one.first, Taste)}
        course.single[Blend.name] = sum(course.single[one.model] for one in members)
        mean = Entry(
            Blend.name,
            sum(one.fit_seconds for one in members),
            first=Blended(fitted),
            learner=learner,
        )
        course.scored(mean, course.taken.matrix(~(first.test | first.check)))
    course.entries.append(mean)
    top = course.best
    if top is not mean and (mean.score or 0.0) >= STEADIER * (top.score or 0.0):
        top.why = LUCKY


def _members(course: RecommendationCourse) -> list[Entry]:
    """The best that are close and can all be taught again, the quickest first."""
    scored = [one for one in course.entries[1:] if one.score]
    scored.sort(key=lambda one: one.score or 0.0, reverse=True)
    members: list[Entry] = []
    spent = 0.0
    for one in scored[:MEMBERS]:
        is_close = (one.score or 0.0) >= CLOSE * (scored[0].score or 0.0)
        if is_close and course.can_teach_again(spent + course.single[one.model]):
            members.append(one)
            spent += course.single[one.model]
    return sorted(members, key=lambda one: course.single[one.model])

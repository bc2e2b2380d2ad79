"""What explains a recommender: both splits side by side, reasons, similar items, popularity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy.sparse import csr_array, eye_array

from sandbox.engine import metrics
from sandbox.engine.learners import LEARNERS
from sandbox.engine.metrics.recommendation import best, hits
from sandbox.engine.problems import warning

if TYPE_CHECKING:
    from sandbox.engine.learners.base_items import Taste
    from sandbox.engine.training.course import Entry

    from .course import RecommendationCourse, Round, Verdict

TOP_SHARE = 0.01
"""The most popular items whose share of the lists is watched."""
BIASED, BIAS = 0.2, 1.5
"""Warned of from this share of the lists on, and so many times the share of what people take."""
EXAMPLES = (0.25, 0.5, 0.75)
"""Users shown as examples, by how much they took."""
SHOWN, REASONS, LONGEST = 5, 3, 300
SIMILAR = 10
SPARED = 0.3
"""The share of the budget that comparing on a second split leaves for what follows."""
SIZES = (0.1, 0.25, 0.5, 1.0)
POINTS = 60


@dataclass
class Insight:
    """Facts on one course's best learner, gathered while its test is looked at."""

    course: RecommendationCourse
    lists: Verdict | None = None
    """The best learner's lists on the headline's test."""
    usual: Verdict | None = None
    """The baseline's."""
    splits: list[dict[str, Any]] = field(default_factory=list)
    """What each split came to, the headline first."""

    def test(self) -> list[dict[str, Any]]:
        """Look at the test of every split, once."""
        self.splits = [self._tested(one) for one in self.course.rounds]
        self._check(self.splits[0])
        return self.splits

    def _tested(self, one: Round) -> dict[str, Any]:
        """A split's best learner, the kept one and the baseline, taught on all but its test.

        The headline's best is the one that is kept; another split chooses on its own validation.
        """
        course, is_first = self.course, one is self.course.rounds[0]
        seen, aside = course.taken.matrix(~one.test), course.taken.matrix(one.test)
        judged = int((np.diff(aside.indptr) > 0).sum())
        facts: dict[str, Any] = {"kind": one.kind, "headline": is_first, "users": judged}
        facts |= {"skipped_users": len(course.taken.users) - judged, "test": None}
        leader = course.best if is_first else self._leader(one)
        found = {}
        for entry in (leader, course.best, course.baseline):
            if entry.model in found:
                continue
            fitted = course.again(~one.test, entry)
            if fitted is None and is_first:
                # without the validation pairs, for want of time: what is kept learns from all
                fitted = cast("Taste", entry.first)
            if fitted is not None:
                found[entry.model] = course.lists(fitted, seen, seen, aside)
                if is_first and entry is course.best:
                    course.tested = fitted
        if is_first:
            self.lists, self.usual = found[course.best.model], found[course.baseline.model]
        scores = {name: self._scores(lists, one) for name, lists in found.items()}
        if leader.model not in scores or course.baseline.model not in scores:
            return facts | {"why": "no_time"}
        return facts | {
            "learner": leader.model,
            "test": scores[leader.model],
            "baseline": scores[course.baseline.model],
            "others": {
                name: one
                for name, one in scores.items()
                if name not in (leader.model, course.baseline.model)
            },
        }

    def _leader(self, one: Round) -> Entry:
        """The learner that does best on a split's own validation pairs, as far as time allows.

        Each at its usual size: what the headline's validation chose may not suit another split.
        """
        course = self.course
        pairs = ~(one.test | one.check)
        seen, hidden = course.taken.matrix(pairs), course.taken.matrix(~one.check)
        aside = course.taken.matrix(one.check)
        leader, most = course.best, -np.inf
        for entry in sorted(course.entries[1:], key=lambda entry: -(entry.score or 0.0)):
            if entry.score is None:
                continue
            needed = 2.5 * entry.fit_seconds  # here, and once more should it lead
            if course.job.left() < SPARED * course.job.seconds + needed:
                continue
            sizes = getattr(LEARNERS[entry.model], "sizes", ())
            entry = replace(entry, size=sizes[0] if sizes else entry.size)  # noqa: PLW2901
            if (fitted := course.again(pairs, entry)) is None:
                continue
            lists = course.lists(fitted, seen, hidden, aside)
            if (score := course.metric.score(lists.truth, lists.hits)) > most:
                leader, most = entry, score
        return leader

    def _scores(self, lists: Verdict, one: Round) -> dict[str, Any]:
        course, metric = self.course, self.course.metric
        found = {
            "score": metric.score(lists.truth, lists.hits),
            "interval": metrics.interval(metric, lists.truth, lists.hits, seed=course.seed),
            "rows": int(lists.truth.sum()),
            "users": len(lists.users),
            "scores": {m.name: m.score(lists.truth, lists.hits) for m in course.spec.metrics},
            "coverage": len(np.unique(lists.top[lists.top >= 0])) / len(course.taken.items),
            "popularity": self._popularity(lists, one),
        }
        if course.taken.liked is not None:
            found["liked"] = self._liked(lists, one)
        return found

    def _popularity(self, lists: Verdict, one: Round) -> float:
        """The mean share of users who had taken what is recommended; the lower, the more novel."""
        counts = np.bincount(
            self.course.taken.item[~one.test], minlength=len(self.course.taken.items)
        )
        shown = counts[lists.top[lists.top >= 0]]
        return float(shown.mean() / len(self.course.taken.users)) if len(shown) else 0.0

    def _liked(self, lists: Verdict, one: Round) -> dict[str, float]:
        """The scores when only what was rated at least the user's mean counts as a hit."""
        course = self.course
        assert course.taken.liked is not None
        aside = course.taken.matrix(one.test & course.taken.liked)[lists.users]
        truth, found = np.diff(aside.indptr), hits(lists.top, aside)
        known = truth > 0
        return {m.name: m.score(truth[known], found[known]) for m in course.spec.metrics}

    def _check(self, headline: dict[str, Any]) -> None:
        """Warn where the test takes back what validation said, or popular items crowd the lists."""
        course = self.course
        score, usual = headline["test"]["score"], headline["baseline"]["score"]
        is_model = course.best is not course.baseline
        unsaid = not any(one["code"] == "no_skill" for one in course.warnings)
        if is_model and unsaid and course.metric.gain(score, usual) <= 0:
            course.warnings.append(warning("no_skill", metric=course.metric.name))
        edge = headline["test"]["interval"][1]
        if course.best.interval and edge < course.best.interval[0]:
            validation = course.best.score
            course.warnings.append(
                warning("optimistic_validation", validation=validation, test=score)
            )
        shown, taken = self._crowded()
        if shown > max(BIASED, BIAS * taken):
            course.warnings.append(
                warning(
                    "popularity_bias",
                    items=max(1, round(TOP_SHARE * len(course.taken.items))),
                    percent=round(100 * shown, 1),
                    taken=round(100 * taken, 1),
                )
            )

    def _crowded(self) -> tuple[float, float]:
        """The shares of the most popular items in the lists and in what people really took."""
        assert self.lists is not None
        course, first = self.course, self.course.rounds[0]
        order = np.argsort(-self._counts(), kind="stable")
        top = order[: max(1, round(TOP_SHARE * len(order)))]
        shown = self.lists.top[self.lists.top >= 0]
        return (
            float(np.isin(shown, top).mean()) if len(shown) else 0.0,
            float(np.isin(course.taken.item[first.test], top).mean()),
        )

    def _counts(self) -> np.ndarray:
        taken, first = self.course.taken, self.course.rounds[0]
        return np.bincount(taken.item[~first.test], minlength=len(taken.items))

    def facts(self) -> dict[str, Any]:
        """Reasons for a few users, similar items, and how popular what is recommended is."""
        course = self.course
        assert course.tested is not None
        fitted = course.tested
        reasons, similar = self._reasons(fitted), self._similar(fitted)
        tables = [
            *self._splits(),
            {
                "name": "reasons",
                "columns": ["user", "took", "recommended", "because"],
                "rows": [
                    [
                        one["user"],
                        ", ".join(one["took"]),
                        item["item"],
                        ", ".join(reason["item"] for reason in item["because"]),
                    ]
                    for one in reasons
                    for item in one["items"]
                ],
            },
            {
                "name": "similar_items",
                "columns": ["item", "users", "similar"],
                "rows": [[one["item"], one["users"], ", ".join(one["similar"])] for one in similar],
            },
        ]
        return {
            "reasons": reasons,
            "similar": similar,
            "concentration": self._concentration(),
            "tables": tables,
        }

    def _splits(self) -> list[dict[str, Any]]:
        """The metric on each split, learners beside the baseline, a table a split."""
        tables = []
        for one in self.splits:
            if not one["test"]:
                continue
            usual = self.course.baseline.model
            scores = {one["learner"]: one["test"], **one["others"], usual: one["baseline"]}
            tables.append(
                {
                    "name": f"{one['kind']}_split",
                    "metric": self.course.metric.name,
                    "columns": [f"learner.{name}" for name in scores],
                    "rows": [[found["score"] for found in scores.values()]],
                }
            )
        return tables

    def _reasons(self, fitted: Taste) -> list[dict[str, Any]]:
        """For a light, a middling and a heavy user: which items taken raise each recommendation.

        An item's part is how far the score falls without it, for whichever learner: in a linear
        model exactly its term of the sum.
        """
        course = self.course
        seen = course.taken.matrix(~course.rounds[0].test)
        counts = np.diff(seen.indptr)
        able = np.flatnonzero((counts > 1) & (counts <= LONGEST))
        if not len(able):
            return []
        order = able[np.argsort(counts[able], kind="stable")]
        shown = dict.fromkeys(int(order[int(share * (len(order) - 1))]) for share in EXAMPLES)
        names, popular = course.taken.items, self._counts()
        told = []
        for user in shown:
            row = seen[[user]]
            top = best(np.asarray(fitted.predict(row), dtype=float), row, SHOWN)[0]
            parts = self._parts(fitted, row, top)
            took = row.indices[np.argsort(-popular[row.indices], kind="stable")[:SHOWN]]
            told.append(
                {
                    "user": course.taken.users[user],
                    "count": int(counts[user]),
                    "took": [names[item] for item in took],
                    "items": [
                        {
                            "item": names[item],
                            "because": [
                                {"item": names[row.indices[place]], "part": float(column[place])}
                                for place in np.argsort(-column, kind="stable")[:REASONS]
                                if column[place] > 0
                            ],
                        }
                        for item, column in zip(top, parts.T, strict=True)
                        if item >= 0
                    ],
                }
            )
        return told

    def _parts(self, fitted: Taste, row: Any, top: np.ndarray) -> np.ndarray:
        """How much each item taken adds to each recommendation, shape (taken, places)."""
        count = row.nnz
        without = csr_array(
            (np.tile(row.data, count), np.tile(row.indices, count), row.nnz * np.arange(count + 1)),
            shape=(count, row.shape[1]),
        )
        without.data[np.arange(count) * (count + 1)] = 0
        without.eliminate_zeros()
        return np.asarray(fitted.predict(row)[0, top] - fitted.predict(without)[:, top])

    def _similar(self, fitted: Taste) -> list[dict[str, Any]]:
        """What the model would recommend to somebody who took one popular item and no other."""
        course = self.course
        counts, names = self._counts(), course.taken.items
        popular = np.argsort(-counts, kind="stable")[:SIMILAR]
        alone = csr_array(eye_array(len(names), format="csr", dtype=np.float32))[popular]
        scores = np.asarray(fitted.predict(alone), dtype=float)
        return [
            {
                "item": names[item],
                "users": int(counts[item]),
                "similar": [names[one] for one in near if one >= 0],
            }
            for item, near in zip(popular, best(scores, alone, SHOWN), strict=True)
        ]

    def _concentration(self) -> list[dict[str, float]]:
        """Lorenz curves: the share that so many of the most popular items have of everything."""
        assert self.lists is not None
        assert self.usual is not None
        course, first = self.course, self.course.rounds[0]
        order = np.argsort(-self._counts(), kind="stable")
        curves = {
            "taken": course.taken.item[first.test],
            "recommended": self.lists.top.ravel(),
            "usual": self.usual.top.ravel(),
        }
        shares = {name: _cumulated(items, order) for name, items in curves.items()}
        ends = np.unique(np.geomspace(1, len(order), POINTS).astype(int))
        return [
            {"items": end / len(order)}
            | {name: float(one[end - 1]) for name, one in shares.items()}
            for end in ends
        ]

    def curve(self) -> list[dict[str, Any]]:
        """The validation score by how many users taught, where there is time."""
        course, first = self.course, self.course.rounds[0]
        pairs = ~(first.test | first.check)
        if course.best is course.baseline:
            return []
        order = np.random.default_rng(course.seed).permutation(len(course.taken.users))
        place = np.empty(len(order), dtype=int)
        place[order] = np.arange(len(order))
        seen = course.taken.matrix(pairs)
        hidden, aside = course.taken.matrix(~first.check), course.taken.matrix(first.check)
        points = []
        for share in SIZES:
            if course.job.left() < SPARED * course.job.seconds:
                return []
            some = pairs & (place[course.taken.user] < share * len(order))
            fitted = course.again(some, course.best)
            if fitted is None:
                return []
            lists = course.lists(fitted, seen, hidden, aside)
            points.append(
                {
                    "rows": int(some.sum()),
                    "train": None,
                    "validation": course.metric.score(lists.truth, lists.hits),
                }
            )
        return points


def _cumulated(items: np.ndarray, order: Sequence[int] | np.ndarray) -> np.ndarray:
    counts = np.bincount(items[items >= 0], minlength=len(order))[order]
    return np.asarray(np.cumsum(counts) / max(1, counts.sum()))

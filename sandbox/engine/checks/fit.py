"""Whether a model learnt too much, too little, or claims more than it knows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sandbox.engine.metrics import Metric
from sandbox.engine.problems import Warned, warning

KEPT = 1 / 3
"""A model that keeps less than this of what it gained on its own rows has learnt them by heart."""
LEARNT = 0.1
"""Less than this share of what is left to gain, on its own rows, is hardly learning."""
BINS = 10
MISSED = 0.05
"""How far probabilities may be from what happened, on average, before it is worth a word."""
DRAWN = 200
RULE_LEAVES = 4
BLANK = -1e30
"""Where a rule puts what is missing: below every number."""


def curve(points: Sequence[Mapping[str, Any]], metric: Metric, baseline: float) -> list[Warned]:
    """Overfitting and underfitting, from the end of a learning curve over rows."""
    ends = [one for one in points if "rows" in one and one["train"] is not None]
    if not ends or ends[-1]["validation"] is None:
        return []
    own = metric.gain(ends[-1]["train"], baseline)
    new = metric.gain(ends[-1]["validation"], baseline)
    facts = {"train": ends[-1]["train"], "validation": ends[-1]["validation"]}
    if own > 0 and new < KEPT * own:
        return [warning("overfitting", **facts)]
    possible = 1 - baseline if metric.higher else baseline
    if possible > 0 and own < LEARNT * possible:
        return [warning("underfitting", **facts)]
    return []


def calibration(truth: np.ndarray, chances: np.ndarray) -> list[dict[str, Any]]:
    """What was said against what happened: rows in BINS equal parts by the probability said.

    `truth` of shape (rows,) is 0 or 1, `chances` the probability of 1 (a reliability diagram:
    DeGroot & Fienberg 1983).
    """
    if len(truth) < 20 * BINS:
        return []
    parts = np.array_split(np.argsort(chances, kind="stable"), BINS)
    return [
        {
            "said": float(chances[part].mean()),
            "happened": float(truth[part].mean()),
            "rows": len(part),
        }
        for part in parts
    ]


def miscalibrated(truth: np.ndarray, chances: np.ndarray, *, seed: int) -> list[Warned]:
    """Probabilities off by more than MISSED, and by more than chance would have it.

    Chance is what remains when the outcomes are drawn from the probabilities themselves.
    """
    bins = calibration(truth, chances)
    if not bins:
        return []
    order = np.argsort(chances, kind="stable")
    drawn = np.random.default_rng(seed).random((DRAWN, len(truth))) < chances[order]
    usual = [_error(chances[order], one.astype(float)) for one in drawn]
    error = _error(chances[order], truth[order].astype(float))
    if error < max(MISSED, float(np.quantile(usual, 0.99))):
        return []
    worst = max(bins, key=lambda one: abs(one["said"] - one["happened"]))
    said, happened = round(100 * worst["said"]), round(100 * worst["happened"])
    return [warning("miscalibrated", said=said, happened=happened)]


def _error(chances: np.ndarray, truth: np.ndarray) -> float:
    """The expected calibration error (Naeini et al. 2015) of rows in order of their chances."""
    parts = np.array_split(np.arange(len(truth)), BINS)
    return float(np.mean([abs(chances[part].mean() - truth[part].mean()) for part in parts]))


@dataclass(frozen=True)
class Step:
    """A part of a rule: what it says, a number or the chance of each class, between two cuts."""

    above: float | None
    upto: float | None
    says: np.ndarray


def rule(
    x: np.ndarray,
    y: np.ndarray,
    learn: np.ndarray,
    judge: np.ndarray,
    place: int,
    *,
    classes: int,
    seed: int,
) -> tuple[np.ndarray, list[Step]]:
    """What a rule over one feature says for the judging rows, and the rule, from low to high.

    A tree of RULE_LEAVES leaves learnt on the rows of `learn`; predictions of shape (rows,) or
    (rows, classes).
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = DecisionTreeClassifier if classes else DecisionTreeRegressor
    tree = kind(max_leaf_nodes=RULE_LEAVES, min_samples_leaf=5, random_state=seed)
    values = np.nan_to_num(x[:, [place]], nan=BLANK)
    tree.fit(values[learn], y[learn])
    grown = tree.tree_

    def steps(node: int, above: float | None, upto: float | None) -> Iterator[Step]:
        if grown.children_left[node] < 0:
            says = np.zeros(max(1, classes))
            says[tree.classes_.astype(int) if classes else [0]] = grown.value[node][0]
            yield Step(above, upto, says)
            return
        cut = float(grown.threshold[node])
        yield from steps(grown.children_left[node], above, cut)
        yield from steps(grown.children_right[node], cut, upto)

    found = list(steps(0, None, None))
    if not classes:
        return tree.predict(values[judge]), found
    chances = np.zeros((len(judge), classes))
    chances[:, tree.classes_.astype(int)] = tree.predict_proba(values[judge])
    return chances, found


def told(
    steps: Sequence[Step], values: np.ndarray, levels: Sequence[str], labels: Sequence[str]
) -> list[dict[str, Any]]:
    """A rule for people, a dictionary for each step, over a feature with these values or levels.

    When: `levels` by name, or `above` and `upto` as round as the values between which they cut
    allow; none of them where the value is missing. Then: `says`, and the class's `percent`.
    """
    shown = []
    known = np.unique(values[np.isfinite(values)])
    for step in steps:
        is_missing = step.upto is not None and step.upto <= BLANK / 4
        low = -np.inf if step.above is None else step.above
        high = np.inf if step.upto is None else step.upto
        best = int(step.says.argmax())
        one: dict[str, Any] = {"says": labels[best] if labels else float(step.says[0])}
        if labels:
            one["percent"] = round(100 * float(step.says[best]))
        if levels:
            one["levels"] = [name for code, name in enumerate(levels) if low < code <= high]
        elif not is_missing:
            one["above"] = _round(step.above, known) if low > BLANK / 4 else None
            one["upto"] = _round(step.upto, known)
        shown.append(one)
    return shown


def _round(cut: float | None, known: np.ndarray) -> float | None:
    """The shortest number that parts the same values as a cut does."""
    if cut is None:
        return None
    place = int(np.searchsorted(known, cut, side="right"))
    low, high = known[max(0, place - 1)], known[min(place, len(known) - 1)]
    tried = (float(f"{cut:.{digits}g}") for digits in range(1, 16))
    return next((one for one in tried if low <= one < high), cut)

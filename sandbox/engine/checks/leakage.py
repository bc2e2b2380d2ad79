"""Columns that give the target away: known only afterwards, or the target under another name."""

import numpy as np
import pandas as pd

from sandbox.engine import clock
from sandbox.engine.features import Features
from sandbox.engine.metrics import area
from sandbox.engine.problems import Warned, warning

LEAK = 0.99
"""The ROC AUC, or correlation, that no single honest column reaches."""
LEAK_ROWS = 3_000
LEAST_BLANKS = 0.02


def leaks(
    x: np.ndarray,
    y: np.ndarray,
    features: Features,
    *,
    classes: int,
    seed: int,
    deadline: float = float("inf"),
    groups: np.ndarray | None = None,
) -> list[Warned]:
    """Columns that alone all but give the target away: rarely luck, often known only afterwards.

    One small tree per feature, learnt on half of at most LEAK_ROWS rows, judged on the other half:
    the area under the ROC curve (for more classes one against the rest), or the correlation.
    With `groups`, the code of each row's group, none is on both halves: what tells who a row is
    about gives away the target of his other rows, and yet nothing of the next one's.
    Features not reached by `deadline`, on `clock`'s, are not looked at.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    rows = np.random.default_rng(seed).permutation(len(y))[:LEAK_ROWS]
    learn, judge = rows[::2], rows[1::2]
    if groups is not None:
        late = np.random.default_rng(seed).permutation(int(groups.max()) + 1)[groups[rows]] % 2
        learn, judge = rows[late == 0], rows[late == 1]
    warned = []
    for place, feature in enumerate(features.features):
        if clock.now() > deadline:
            break
        values = _ordered(x[:, place], y, learn, is_category=bool(feature.levels))
        kind = DecisionTreeClassifier if classes else DecisionTreeRegressor
        tree = kind(
            max_depth=4 if classes else 8, min_samples_leaf=5 if classes else 2, random_state=seed
        )
        tree.fit(values[learn][:, None], y[learn])
        if classes:
            score = _separation(y[judge], tree.predict_proba(values[judge][:, None]), tree.classes_)
        else:
            score = _correlation(y[judge], tree.predict(values[judge][:, None]))
        if score >= LEAK:
            warned.append(warning("leakage", column=feature.source, score=round(float(score), 3)))
        elif classes and (said := _by_blanks(x[rows, place], y[rows])) >= LEAK:
            warned.append(warning("known_afterwards", column=feature.source, score=round(said, 3)))
    return warned


def _by_blanks(values: np.ndarray, y: np.ndarray) -> float:
    """How well it tells the classes apart whether there is a value at all, of whatever size."""
    blank = np.isnan(values).astype(float)
    if not LEAST_BLANKS <= blank.mean() <= 1 - LEAST_BLANKS:
        return 0.0
    chances = np.column_stack([blank, 1 - blank])
    each = [
        _separation((y == label).astype(int), column[:, None], np.array([1]))
        for label in np.unique(y)
        for column in chances.T
    ]
    return max(each)


def _ordered(
    values: np.ndarray, y: np.ndarray, learn: np.ndarray, *, is_category: bool
) -> np.ndarray:
    """Numbers as they are; levels by their mean target on the learning half."""
    if not is_category:
        return np.where(np.isnan(values), -1e30, values)
    means = pd.Series(y[learn].astype(float)).groupby(values[learn]).mean()
    return pd.Series(values).map(means).fillna(y[learn].mean()).to_numpy()


def _separation(truth: np.ndarray, chances: np.ndarray, classes: np.ndarray) -> float:
    areas = [
        area(truth == label, chances[:, place])
        for place, label in enumerate(classes)
        if 0 < (truth == label).sum() < len(truth)
    ]
    return float(np.mean(areas)) if areas else 0.0


def _correlation(truth: np.ndarray, guess: np.ndarray) -> float:
    if guess.std() == 0 or truth.std() == 0:
        return 0.0
    return float(np.corrcoef(truth, guess)[0, 1])

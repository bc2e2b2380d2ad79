"""Whether the rows that judge are like the rows that teach: not the same ones, not another time."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sandbox.engine.features import Features
from sandbox.engine.problems import Warned, warning

REPEATED = 0.02
"""The share of judging rows that training holds too, from which on a score is too good."""
DRIFT = 0.7
"""The ROC AUC from which on two halves of the time can be told apart by their rows."""
DRIFT_ROWS = 4_000
TREND = 0.95
"""A rank correlation with time: counters and balances that only grow are no drift."""
MOVED = 0.3
"""Standard deviations by which the target's mean may move between the halves."""


def repeated(x: np.ndarray, y: np.ndarray, teach: np.ndarray, judge: np.ndarray) -> list[Warned]:
    """Rows that judge and teach at once: the same features (rows, features) and the same target.

    In a table of few distinct values equal rows are nothing odd: the share is compared with the
    one that remains when every column is shuffled on its own.
    """
    share = _shared(x, y, teach, judge)
    if share < REPEATED or share * len(judge) < 3:
        return []
    chance = np.random.default_rng(0)
    shuffled = np.column_stack([chance.permutation(column) for column in x.T])
    if share < 3 * _shared(shuffled, chance.permutation(y), teach, judge):
        return []
    count = round(share * len(judge))
    return [warning("repeated_across_split", count=count, percent=round(100 * share, 1))]


def _shared(x: np.ndarray, y: np.ndarray, teach: np.ndarray, judge: np.ndarray) -> float:
    keys = pd.util.hash_pandas_object(pd.DataFrame(np.column_stack([x, y])), index=False)
    return float(np.isin(keys.to_numpy()[judge], keys.to_numpy()[teach]).mean())


def drift(
    x: np.ndarray, y: np.ndarray, features: Features, stamps: Mapping[str, np.ndarray], *, seed: int
) -> list[Warned]:
    """What changed between the earlier and the later half of the rows, by a date column.

    A classifier told to tell the halves apart should fail (Rabanser et al. 2019). `stamps` are
    the date columns as numbers of shape (rows,), nan where missing; the fullest counts.
    """
    known = {name: int(np.isfinite(when).sum()) for name, when in stamps.items()}
    if not known or max(known.values()) < 200:
        return []
    name = max(known, key=lambda one: known[one])
    when = stamps[name]
    rows = np.flatnonzero(np.isfinite(when))
    rows = np.random.default_rng(seed).permutation(rows)[:DRIFT_ROWS]
    late = when[rows] > np.median(when[rows])
    if not 0.2 < late.mean() < 0.8:
        return []
    found: list[Warned] = []
    score, columns = _told_apart(x[rows], when[rows], late, features, leave=set(stamps), seed=seed)
    if score >= DRIFT:
        found.append(warning("drift", column=name, score=round(score, 2), columns=columns))
    before, after = y[rows][~late], y[rows][late]
    if y.dtype.kind == "f" or len(np.unique(y)) == 2:
        moved = (after.mean() - before.mean()) / (y[rows].std() or 1.0)
        noise = (1 / len(before) + 1 / len(after)) ** 0.5
        if abs(moved) > max(MOVED, 4 * noise):
            found.append(
                warning(
                    "target_drift",
                    column=name,
                    before=round(float(before.mean()), 3),
                    after=round(float(after.mean()), 3),
                )
            )
    return found


def _told_apart(
    x: np.ndarray,
    when: np.ndarray,
    late: np.ndarray,
    features: Features,
    *,
    leave: set[str],
    seed: int,
) -> tuple[float, list[str]]:
    """How well the halves are told apart (ROC AUC on rows left out), and by which columns."""
    import lightgbm
    from scipy.stats import spearmanr
    from sklearn.metrics import roc_auc_score

    places = []
    for place, feature in enumerate(features.features):
        column = x[:, place]
        if feature.source in leave or len(np.unique(column[np.isfinite(column)])) < 2:
            continue
        if feature.levels or abs(spearmanr(column, when, nan_policy="omit").statistic) < TREND:
            places.append(place)
    if not places:
        return 0.5, []
    asked = {
        "objective": "binary",
        "num_leaves": 8,
        "learning_rate": 0.1,
        "num_threads": 1,
        "verbosity": -1,
        "seed": seed,
        "deterministic": True,
    }
    learn, judge = np.arange(0, len(x), 2), np.arange(1, len(x), 2)
    data = lightgbm.Dataset(x[learn][:, places], late[learn].astype(float))
    model = lightgbm.train(asked, data, 60)
    score = float(roc_auc_score(late[judge], np.asarray(model.predict(x[judge][:, places]))))
    gains = model.feature_importance("gain")
    ranked = [features.features[places[one]].source for one in np.argsort(-gains) if gains[one] > 0]
    return score, list(dict.fromkeys(ranked))[:3]

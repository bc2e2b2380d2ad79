"""Whether a model serves one group of people worse than the others."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sandbox.engine.metrics import Metric
from sandbox.engine.problems import Warned, warning

LEAST = 30
"""Rows a group must have before its score says anything."""
MOST = 8
UNEQUAL = 0.1
"""How far apart groups may be: fairlearn's demographic parity and equalized odds differences."""
DRAWN = 300
PEOPLE = re.compile(
    r"(^|[^a-z])(sex|gender|age|race|ethnic\w*|nationality|religion|marital\w*|disab\w*|"
    r"region|country|language)([^a-z]|$)|性別|年齢|年代|国籍|人種|宗教|婚姻|障害|出身|地域",
    re.I,
)
"""Column names that tell groups of people apart whom a model must not serve worse."""


def scores(
    groups: Mapping[str, np.ndarray], metric: Metric, truth: np.ndarray, raw: np.ndarray
) -> list[dict[str, Any]]:
    """The metric for each level of each column, worst first; `groups` hold one word per row."""
    rows = []
    for column, words in groups.items():
        levels = _levels(words)
        for level in levels if len(levels) <= MOST else ():
            mine = words == level
            score = metric.safe(truth[mine], raw[mine])
            if np.isfinite(score):
                rows.append(
                    {"column": column, "level": level, "rows": int(mine.sum()), "score": score}
                )
    return sorted(rows, key=lambda one: metric.gain(one["score"], 0.0))


def unequal(
    groups: Mapping[str, np.ndarray], truth: np.ndarray, called: np.ndarray, *, seed: int
) -> list[Warned]:
    """Columns of people whose groups a yes-or-no model treats unequally, beyond chance.

    `truth` and `called` are 0 or 1, of shape (rows,). Chance is what remains of fairlearn's
    equalized odds difference when the groups are shuffled among the rows.
    """
    from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference

    chance = np.random.default_rng(seed)
    found = []
    for column, words in groups.items():
        if not PEOPLE.search(column) or not 2 <= len(_levels(words)) <= MOST:
            continue
        kept = np.isin(words, _levels(words))
        kept &= np.isin(words, [one for one in _levels(words) if _is_mixed(truth[words == one])])
        mine, y, said = words[kept], truth[kept], called[kept]
        if len(np.unique(mine)) < 2:
            continue
        odds = float(equalized_odds_difference(y, said, sensitive_features=mine))
        if odds < UNEQUAL:
            continue
        usual = [_odds(y, said, chance.permutation(mine)) for _ in range(DRAWN)]
        if odds > float(np.quantile(usual, 0.995)):
            parity = float(demographic_parity_difference(y, said, sensitive_features=mine))
            found.append(
                warning("unequal_groups", column=column, odds=round(odds, 2), rate=round(parity, 2))
            )
    return found


def _levels(words: np.ndarray) -> Sequence[str]:
    names, counts = np.unique(words, return_counts=True)
    return [str(name) for name, count in zip(names, counts, strict=True) if count >= LEAST and name]


def _is_mixed(truth: np.ndarray) -> bool:
    """Whether a group has enough of both outcomes for its rates to mean something."""
    return bool(min((truth == 0).sum(), (truth == 1).sum()) >= 10)


def _odds(truth: np.ndarray, called: np.ndarray, words: np.ndarray) -> float:
    """The equalized odds difference as fairlearn defines it, quickly: for hundreds of shuffles."""
    gaps = []
    for outcome in (0, 1):
        rates = [called[(words == level) & (truth == outcome)].mean() for level in np.unique(words)]
        gaps.append(max(rates) - min(rates))
    return float(max(gaps))

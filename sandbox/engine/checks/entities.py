"""Whether several rows are of one customer, patient or machine, whom a split must not divide."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

from sandbox.engine.checks.table import copied
from sandbox.engine.features import USED
from sandbox.engine.splits.groups import codes

ENTITY = re.compile(
    r"^(id|uid|pid)$|(^|[^a-z])(customer|client|user|member|patient|subject|person|participant|"
    r"respondent|employee|worker|student|pupil|player|driver|machine|device|sensor|engine|unit|"
    r"equipment|vehicle|store|shop|account|household|company|firm|hospital|school)"
    r"[\W_]*(id|uid|uuid|guid|nr|no|num|number|code|key|name)?[\W_]*$|"
    r"(顧客|会員|お客様|利用者|ユーザー?|患者|被験者|社員|従業員|職員|学生|生徒|児童|選手|機器|機械|装置|"
    r"設備|端末|号機|センサー?|車両|店舗|支店|口座|世帯|企業|取引先|病院|施設|個体)"
    r"[\W_]*(id|no|番号|コード|名)?[\W_]*$",
    re.I,
)
"""Column names that say who or what a row is about; plurals are counts."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
LEVELS = 20
"""Entities without which rows can only be told by an ordinary category."""
REPEATED = 0.5
"""The share of rows whose entity has others."""
ALIKE = 0.1
"""The intraclass correlation of the target from which on a random split flatters the score."""
SAME = 0.9
"""An intraclass correlation that only what belongs to the entity itself has."""
MOST = 0.5
"""The share of the other columns that are the same in all rows of an entity."""
FEW = 4
"""Columns without which their being the same is a hierarchy (a town has one county), no entity."""
KINDS = ("number", "category", "identifier", "text")
ROWS, COLUMNS, TRIED, SHUFFLES = 10_000, 30, 8, 20


@dataclass(frozen=True)
class Entity:
    """A column that tells entities apart; `is_sure` when its name and the rows both say so."""

    column: str
    count: int
    is_sure: bool


def named(frame: pd.DataFrame, kinds: Mapping[str, str]) -> list[str]:
    """The columns that tell entities apart by their names and their repeated values."""
    return [name for name in _repeated(frame, kinds) if _is_entity(name)]


def found(
    frame: pd.DataFrame, kinds: Mapping[str, str], target: str, y: np.ndarray, *, seed: int
) -> Entity | None:
    """The column whose rows belong together, if there is one; `y`, shape (rows,), is the target.

    They do when the target is alike within them, more than in shuffled rows, or when most other
    columns are the same. A column whose name says nothing must show both.
    """
    once = ~copied(frame)  # a copied row is alike in every column
    frame, y = frame[once], y[once]
    fitting = [name for name in _repeated(frame, kinds) if name != target]
    counts = {name: int(frame[name].nunique()) for name in fitting}
    others = [name for name, kind in kinds.items() if kind in USED and name != target]
    if telling := [name for name in fitting if _is_entity(name)]:
        shown = {name: _of_target(frame[name], y, seed=seed) for name in telling}
        best = max(telling, key=lambda name: shown[name])
        is_sure = shown[best] >= ALIKE or _same(frame, others, best, seed=seed) >= MOST
        return Entity(best, counts[best], is_sure)
    for name in sorted(fitting, key=lambda name: -counts[name])[:TRIED]:
        is_alike = _of_target(frame[name], y, seed=seed) >= ALIKE
        if is_alike and _same(frame, others, name, seed=seed) >= MOST:
            return Entity(name, counts[name], is_sure=False)
    return None


def correlation(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """How alike the rows of a group are in each column of `values`, shape (rows, columns).

    The intraclass correlation of a one-way analysis of variance with groups of any size (Fisher
    1925; Donner 1986): 0 for no more than chance, 1 for the same value in all rows of a group.
    """
    _, groups = np.unique(groups, return_inverse=True)
    order = np.argsort(groups, kind="stable")
    counts = np.bincount(groups)
    values = (values - values.mean(axis=0))[order]
    sums = np.add.reduceat(values, np.cumsum(counts) - counts)
    rows, many = len(values), len(counts)
    if not 1 < many < rows:
        return np.zeros(values.shape[1])
    total, between = (values**2).sum(axis=0), (sums**2 / counts[:, None]).sum(axis=0)
    among, within = between / (many - 1), (total - between).clip(0) / (rows - many)
    size = (rows - (counts**2).sum() / rows) / (many - 1)
    spread = among + (size - 1) * within
    found: np.ndarray = np.zeros_like(total)
    np.divide(among - within, spread, out=found, where=total > 1e-9 * rows)
    return found


def _is_entity(name: str) -> bool:
    return bool(ENTITY.search(_CAMEL.sub("_", name)))


def _repeated(frame: pd.DataFrame, kinds: Mapping[str, str]) -> list[str]:
    return [name for name, kind in kinds.items() if kind in KINDS and _repeats(frame[name])]


def _repeats(column: pd.Series) -> bool:
    """Whether it has many values that most rows share with others; fractions tell nobody apart."""
    if types.is_float_dtype(column) and (np.nan_to_num(column.to_numpy(dtype=float)) % 1).any():
        return False
    counts = column.value_counts()
    return len(counts) >= LEVELS and counts[counts > 1].sum() >= REPEATED * len(column)


def _members(column: pd.Series, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows enough to tell by, of whole entities, and the code of each one's entity."""
    groups = codes(column)
    counts = np.bincount(groups)
    turns = np.random.default_rng(seed).permutation(len(counts))
    taken = turns[np.cumsum(counts[turns]) <= max(ROWS, counts[turns[0]])]
    rows = np.flatnonzero(np.isin(groups, taken))
    return rows, groups[rows]


def _of_target(column: pd.Series, y: np.ndarray, *, seed: int) -> float:
    """How alike the target is in the rows of one entity; 0 where luck may be all of it."""
    rows, groups = _members(column, seed=seed)
    truth, chance = y[rows][:, None].astype(float), np.random.default_rng(seed)
    found = float(correlation(truth, groups)[0])
    luck = [correlation(truth, chance.permutation(groups))[0] for _ in range(SHUFFLES)]
    return found if found > max(luck) else 0.0


def _same(frame: pd.DataFrame, others: Sequence[str], name: str, *, seed: int) -> float:
    """The share of the other columns that are the same in all rows of one entity."""
    rows, groups = _members(frame[name], seed=seed)
    compared = [one for one in others if one != name][:COLUMNS]
    columns = [_numbers(frame[one].iloc[rows]) for one in compared]
    if len(columns) < FEW:
        return 0.0
    return float((correlation(np.column_stack(columns), groups) >= SAME).mean())


def _numbers(column: pd.Series) -> np.ndarray:
    """Ranks of numbers and dates, codes of words; what is missing is a value of its own."""
    if types.is_numeric_dtype(column) or types.is_datetime64_any_dtype(column):
        return column.rank().fillna(0).to_numpy(dtype=float)
    return pd.factorize(column)[0].astype(float)

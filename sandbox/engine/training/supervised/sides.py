"""Which rows teach and which judge, where several may be of one customer, patient or machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sandbox.engine import splits
from sandbox.engine.checks import entities
from sandbox.engine.problems import Problem, Warned, warning
from sandbox.engine.splits import groups

if TYPE_CHECKING:
    from sandbox.engine.job import Job
    from sandbox.engine.specs.base import Goal
    from sandbox.engine.table import Table


@dataclass(frozen=True)
class Sides:
    """The split of a table, and the column whose rows it keeps together."""

    split: splits.Split
    group: str | None = None
    warnings: list[Warned] = field(default_factory=list)


def asked(job: Job, source: Table, target: str) -> str | None:
    """The column that somebody says tells entities apart; Problem when it cannot be."""
    if not job.asked.get("group"):
        return None
    group = source.required(job.text("group"))
    if group == target:
        raise Problem("job_invalid", field="group")
    return group


def divide(
    source: Table,
    goal: Goal,
    group: str | None,
    *,
    seed: int,
    times: np.ndarray | None = None,
    looks: bool = True,
) -> Sides:
    """Split by time where that is known, else by group, asked for or found, else row by row."""
    known = source.frame.iloc[goal.rows]
    told: list[Warned] = []
    if group is None:
        split = splits.split(goal.y, classes=goal.classes, seed=seed, times=times)
        if split.is_by_time or not looks:
            return Sides(split)
        entity = entities.found(known, source.kinds, goal.target, goal.y, seed=seed)
        if entity is None:
            return Sides(split)
        facts = {"column": entity.column, "groups": entity.count}
        if not entity.is_sure:
            return Sides(split, None, [warning("group_likely", **facts)])
        group = entity.column
        told.append(warning("group_found", **facts))
    codes = groups.codes(known[group])
    split = splits.split(goal.y, classes=goal.classes, seed=seed, times=times, groups=codes)
    if split.is_by_time:
        told = [warning("group_by_time", column=group)]
    elif not split.is_grouped:
        told = [warning("group_divided", column=group, groups=int(known[group].nunique()))]
    return Sides(split, group, told)

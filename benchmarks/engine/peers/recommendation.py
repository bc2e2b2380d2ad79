"""Peers for recommendation: every rating counts as a yes, and nothing known is recommended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

Job = Mapping[str, Any]
NEIGHBOURS, SHRINK = 100, 10
FACTORS, REGULARIZATION = 32, 10.0
"""Tuned for this table: with its defaults it would be an easy peer."""


def matrix(train: pd.DataFrame, job: Job) -> tuple[Any, Any, Any]:
    """Who has what, with the names of rows and columns."""
    from scipy.sparse import csr_matrix

    users, people = pd.factorize(train[str(job["user"])])
    items, things = pd.factorize(train[str(job["item"])])
    shape = (len(people), len(things))
    return csr_matrix((np.ones(len(train)), (users, items)), shape=shape), people, things


def best(scores: Any, known: tuple[Any, Any, Any], test: Any, job: Job) -> pd.DataFrame:
    """The first few of those that each person does not have yet."""
    has, people, things = known
    rows = []
    for user in test[job["user"]]:
        place = people.get_loc(user)
        mine = np.where(has[[place]].toarray().ravel() > 0, -np.inf, scores[place])
        first = np.argsort(-mine, kind="stable")[: job["top"]]
        rows += [(user, things[item], rank + 1, mine[item]) for rank, item in enumerate(first)]
    return pd.DataFrame(rows, columns=["user", "item", "rank", "score"])


def popularity(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """What most people have, for everybody."""
    known = matrix(train, job)
    has, people, _things = known
    scores = np.tile(np.asarray(has.sum(axis=0)).ravel(), (len(people), 1))
    return best(scores, known, test, job)


def item_knn(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """What is like the things a person has, by the cosine of who has them."""
    known = matrix(train, job)
    has = known[0]
    common = (has.T @ has).toarray()
    norms = np.sqrt(common.diagonal())
    alike = common / (np.outer(norms, norms) + SHRINK)
    np.fill_diagonal(alike, 0)
    limit = -np.partition(-alike, NEIGHBOURS, axis=1)[:, [NEIGHBOURS]]
    alike[alike < limit] = 0
    return best(has @ alike.T, known, test, job)


def als(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """Alternating least squares of the library `implicit`."""
    from implicit.als import AlternatingLeastSquares  # type: ignore[import-not-found]

    known = matrix(train, job)
    model = AlternatingLeastSquares(
        FACTORS, regularization=REGULARIZATION, random_state=job["seed"],
        num_threads=job["threads"],
    )  # fmt: skip
    model.fit(known[0].astype(np.float32), show_progress=False)
    scores = model.user_factors @ model.item_factors.T
    return best(scores, known, test, job)

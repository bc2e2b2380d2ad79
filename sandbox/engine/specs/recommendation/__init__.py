"""Recommendation: which items suit whom, judged by what people took that was kept aside."""

from typing import Any

import pandas as pd
from pandas.api import types

from sandbox.engine.job import Job
from sandbox.engine.metrics.recommendation import RECOMMENDATION_METRICS
from sandbox.engine.specs.base import Ask, Spec
from sandbox.engine.table import Table

WORDS = {
    "user": ("user", "customer", "member", "person", "account", "client", "顧客", "会員", "ユーザ"),
    "item": ("item", "product", "sku", "movie", "song", "article", "content", "商品", "品番", "品"),
    "rating": ("rating", "score", "star", "grade", "評価", "点"),
    "time": ("time", "date", "at", "when", "day", "日時", "日付", "時刻", "日"),
}
MOST_TOP = 100


class Recommendation(Spec):
    """The best items for each user, what they took already left out."""

    name = "recommendation"
    asks = (
        Ask("user"),
        Ask("item"),
        Ask("rating", needed=False),
        Ask("time", needed=False),
        Ask("top", "count", needed=False, default=10, least=1, most=MOST_TOP),
    )
    metrics = RECOMMENDATION_METRICS
    learners = ("popularity", "item_knn", "ease", "ials", "rp3beta", "multi_dae")
    drawn = ("popularity_bias",)

    def candidates(self, table: Table, ask: str) -> list[str]:
        """The columns that could be meant, those of a telling name first."""
        fitting = [name for name in table.kinds if _fits(table, name, ask)]
        order = list(table.kinds)

        def rank(name: str) -> tuple[int, int]:
            words = [word for word in WORDS[ask] if word in name.lower()]
            dated = ask == "time" and table.kinds[name] == "date"
            return (-2 * dated - bool(words), order.index(name))

        return sorted(fitting, key=rank)

    def train(self, job: Job) -> dict[str, Any]:
        """Compare the learners on what is kept aside of every user, test the best, keep it."""
        from .course import begin

        return begin(self, job).run()

    def predict(self, job: Job) -> dict[str, Any]:
        """Items for each different user of another table, in its order.

        Only the column of users is read: who took what is what training saw.
        """
        from sandbox.engine import table

        from .model import Model

        job.progress("reading", 0.1)
        model = Model.load(job.folder / "in")
        wanted = people(table.read(job.needed("file")), model.column)
        job.progress("training", 0.6)
        found = model.recommend(wanted)
        found.to_csv(job.output("predictions.csv"), index=False)
        unknown = model.unknown(wanted)
        return {
            "rows": len(found),
            "users": len(wanted),
            "cold_start": unknown,
            "new_levels": [model.column] if unknown else [],
        }


def people(table: Table, column: str) -> "pd.Series[Any]":
    """The different users a table names, in its order; Problem `test_columns_missing`."""
    from sandbox.engine.interactions import identities
    from sandbox.engine.problems import Problem

    found = table.column(column)
    if found is None:
        raise Problem("test_columns_missing", columns=[column])
    return identities(table.frame[found]).dropna().drop_duplicates().reset_index(drop=True)


def _fits(table: Table, name: str, ask: str) -> bool:
    column, kind = table.frame[name], table.kinds[name]
    if ask == "time":
        return kind == "date" or types.is_numeric_dtype(column)
    if ask == "rating":
        return types.is_numeric_dtype(column) and kind != "identifier"
    return kind not in ("constant", "date", "boolean")


SPEC = Recommendation()

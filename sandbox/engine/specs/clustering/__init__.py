"""Clustering: which rows belong together, when nobody has said so."""

from typing import Any

from sandbox.engine.job import Job
from sandbox.engine.metrics.clustering import CLUSTER_METRICS
from sandbox.engine.specs.base import Ask, Spec
from sandbox.engine.table import Table


class Clustering(Spec):
    """A cluster for every row; the learner whose clusters stay the same on other rows is kept.

    Silhouette favours the round clusters of k-means, so it only chooses how many there are (for
    mixtures BIC does); between learners stability decides, unless another metric is asked for, and
    between those as steady how well their clusters describe the rows.
    """

    name = "clustering"
    asks = (Ask("clusters", "count", needed=False, least=2, most=100),)
    metrics = CLUSTER_METRICS
    learners = ("one_cluster", "kmeans", "gaussian_mixture", "ward", "hdbscan")
    drawn = ("cluster_picture", "cluster_profile", "cluster_choice")
    looks_ahead = True

    def candidates(self, table: Table, ask: str) -> list[str]:
        """It asks for no column."""
        return []

    def train(self, job: Job) -> dict[str, Any]:
        """Compare ways to group the rows, keep one, say what its clusters are like."""
        from . import course

        return course.begin(self, job).run()

    def predict(self, job: Job) -> dict[str, Any]:
        """`cluster` for every row of another table, in its order."""
        from . import course

        return course.predict(job)


SPEC = Clustering()

"""Anomaly detection: which rows are unlike the others, known anomalies or not."""

from typing import Any

from sandbox.engine.job import Job
from sandbox.engine.metrics.anomaly import DETECTION_METRICS, STABILITY
from sandbox.engine.specs.base import Ask, Spec, likely
from sandbox.engine.table import Table


class AnomalyDetection(Spec):
    """A score for every row; labels, where there are any, only judge."""

    name = "anomaly_detection"
    asks = (
        Ask("target", needed=False),
        Ask("alerts", "share", needed=False, default=0.01, least=0.0001, most=0.5),
    )
    metrics = (*DETECTION_METRICS, STABILITY)
    learners = (
        "random_score",
        "robust_z",
        "isolation_forest",
        "ecod",
        "nearest",
        "autoencoder",
    )
    drawn = ("anomaly_scores", "precision_recall")
    looks_ahead = True

    def candidates(self, table: Table, ask: str) -> list[str]:
        """Columns with two values: one of them may mark the anomalies."""
        fitting = [
            name
            for name, kind in table.kinds.items()
            if kind in ("category", "boolean", "number") and table.frame[name].nunique() == 2
        ]
        return likely(table, fitting)

    def train(self, job: Job) -> dict[str, Any]:
        """Compare detectors, by labels or by how steady they are, and keep one."""
        from . import course

        return course.begin(self, job).run()

    def predict(self, job: Job) -> dict[str, Any]:
        """`score` and `anomaly` for every row of another table, in its order."""
        from . import course

        return course.predict(job)


SPEC = AnomalyDetection()

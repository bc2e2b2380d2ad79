"""Image classification: which of a few classes a picture belongs to."""

from typing import Any

from sandbox.engine.features import Pictures
from sandbox.engine.job import Job
from sandbox.engine.learners import LEARNERS
from sandbox.engine.problems import Problem
from sandbox.engine.table import Table

from .base import Classes

FOLDED = 600
"""Pictures up to which each fifth checks in turn; a network learns five times as long then."""


class ImageClassification(Classes):
    """Two or more classes of pictures, one folder each in a zip."""

    name = "image_classification"
    learners = ("baseline", "hog_linear", "pretrained", "convnet")
    drawn = ("confusion",)
    encoding = Pictures

    def candidates(self, table: Table, ask: str) -> list[str]:
        """The folder's name and whatever else could be the class; nothing without pictures."""
        return super().candidates(table, ask) if "image" in table.kinds.values() else []

    def has_more(self, table: Table, target: str) -> bool:
        """The pictures."""
        return True

    def train(self, job: Job) -> dict[str, Any]:
        """Compare the learners on folds of the pictures, then judge the best on others."""
        from sandbox.engine import resnet, table
        from sandbox.engine.training.supervised import single

        job.progress("reading", 0.02)
        source = table.read(job.needed("file"))
        columns = [name for name, kind in source.kinds.items() if kind == "image"]
        if not columns:
            raise Problem("no_pictures")
        target = source.required(job.text("target"))
        features = Pictures(column=columns[0])
        weights = job.input("image_weights")
        begun: single.SingleCourse = single.course(
            single.SingleCourse,
            self,
            job,
            source,
            target=target,
            features=features,
            column=columns[0],
            folds=1 if len(source.frame) > FOLDED else None,
            weights=weights,
        )
        result = begun.run()
        if weights and LEARNERS[result["best"]].lent:
            # whose work the kept model holds, for the model card
            result["model"]["weights"] = resnet.sha256(weights)
        return result


SPEC = ImageClassification()

"""What each job is sure to import, for a process that prepares while it waits for one.

torch is not: two seconds and 180 MB that few tables need.
"""

import gc
import importlib
from contextlib import suppress

TABLES = (".profile", ".table", "pyarrow.csv", "pyarrow.parquet")
LEARNING = (*TABLES, ".specs", "lightgbm", "sklearn.ensemble", "sklearn.linear_model")
NEEDED: dict[str, tuple[str, ...]] = {
    "profile": TABLES,
    "train": LEARNING,
    "predict": (*TABLES, ".saved", ".specs", "lightgbm"),
    "render": (".render",),
}


def prepare(job: str) -> None:
    """Import what a job of this kind needs."""
    for name in NEEDED.get(job, ()):
        with suppress(ImportError):  # the job that cannot do without it will say so
            importlib.import_module(name, __package__)
    # all this lives as long as the process: the collector need not look at it again
    gc.freeze()

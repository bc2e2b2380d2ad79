"""Predicts with the model beside this file.

python predict.py TABLE [PREDICTIONS.csv]

TABLE is CSV, TSV, XLSX or Parquet with the columns of the training table, or a zip of pictures.
A forecast goes on from the last rows of TABLE. Needs Python 3.11 and requirements.txt, and no
network.
"""

import io
import shutil
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(table: str, predictions: str = "predictions.csv") -> str:
    """Predict a table and write what came out; a sentence that says how it went."""
    sys.path.insert(0, str(HERE))
    from sandbox.engine import saved
    from sandbox.engine.job import Job
    from sandbox.engine.problems import Problem
    from sandbox.engine.specs import SPECS

    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        inputs = Path(shutil.copytree(HERE / "model", Path(folder, "in")))
        shutil.copyfile(table, inputs / "table")
        Path(folder, "out").mkdir()
        job = Job(Path(folder), {"job": "predict", "file": "table"})
        try:
            told = SPECS[saved.task(inputs)].predict(job)
        except Problem as problem:
            return f"Nothing was predicted: {problem.code} {problem.params}"
        shutil.move(job.output("predictions.csv"), predictions)
    return f"{predictions}: {told.get('rows')} rows"


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    print(main(*sys.argv[1:]))  # noqa: T201 – a program for the terminal

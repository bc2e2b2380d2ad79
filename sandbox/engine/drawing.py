"""Draws the charts of a training that has ended: `python -m sandbox.engine.drawing FOLDER STARTED`.

The runner becomes this program instead of drawing by itself, so that the drawing library's memory
takes the place of the training's and does not come on top of it.
"""

import json
import os
import resource
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from . import clock
from .job import Job
from .problems import by_gravity, warning

FIRST_CHART = 1.0
"""Seconds that the first chart takes, with the drawing library's start."""
OVER = 0.05
"""The share of the budget by which charts may be late: it is kept to a tenth, and people would miss
a picture more than half a second."""
PYTHON = ("-s", "-P", "-B")
"""No user packages, no working folder on the path, no bytecode: as the box starts the runner."""


def become(job: Job) -> NoReturn:
    """Leave the training behind and draw."""
    argv = [sys.executable, *PYTHON, "-m", "sandbox.engine.drawing"]
    # Not resolved: behind a wall the engine may lie where only a link leads.
    root = str(Path(__file__).absolute().parents[2])
    folder = str(job.folder.resolve())
    sys.stdout.flush()
    environ = {**os.environ, "PYTHONPATH": root}
    argv += [folder, str(job.started)]
    os.execve(sys.executable, argv, environ)  # noqa: S606 – no shell is wanted


def complete(job: Job) -> dict[str, Any]:
    """The result with its charts drawn, as far as the time goes; what was left out is said."""
    result: dict[str, Any] = json.loads((job.folder / "out" / "result.json").read_text("utf-8"))
    names = result.pop("to_draw")
    result["charts"], is_whole = [], False
    left = (1 + OVER) * job.seconds - job.at()  # what learning was spared is there for charts
    ends = clock.now() + left
    if left > FIRST_CHART:
        try:
            from . import charts

            words = job.asked.get("words") or {}
            result["charts"], is_whole = charts.draw(
                result, names, words, job.output, deadline=ends
            )
        except Exception:
            # a picture that cannot be drawn must not cost the result
            traceback.print_exc(file=sys.stderr)
    if not is_whole:
        result["warnings"] = by_gravity([*result["warnings"], warning("charts_skipped")])
    result["total_seconds"] = round(job.at(), 2)
    result["peak_mb"] = peak_mb()
    return result


def peak_mb() -> int:
    """The most memory this process has held, in megabytes, what it was before included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    drawn = Job.read(Path(sys.argv[1]), started=float(sys.argv[2]))
    drawn.finish(complete(drawn))

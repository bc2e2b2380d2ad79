"""The program in the box: `python -m sandbox.engine.runner JOB_FOLDER [STARTED]`.

One job a process. Standard output carries one JSON object a line; the last says how it ended.
Exit 0 with a result, 2 with a problem of the data (a code), 1 for anything unexpected. A job's
clock starts when it is read, or at STARTED on the monotonic clock, when it was ordered.
"""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import drawing
from .job import Job, tell
from .problems import Problem

OUT_OF_MEMORY = 2


def main(
    folder: Path,
    draw: Callable[[Job], object] = drawing.become,
    *,
    started: float | None = None,
) -> int:
    """Run the job in this folder; the exit code. What has charts ends as the drawing program."""
    try:
        job = Job.read(folder, started=started)
        result = JOBS[job.choice("job", JOBS)](job)
        if "to_draw" in result:
            job.write(result)
            draw(job)
        else:
            job.finish(result)
    except Problem as problem:
        tell(event="failed", code=problem.code, params=problem.params)
        return 2
    except MemoryError:
        tell(event="failed", code="memory", params={})
        return OUT_OF_MEMORY
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        tell(event="failed", code="unexpected", params={"type": type(error).__name__})
        return 1
    return 0


def profile(job: Job) -> dict[str, Any]:
    """Read an upload, keep its canonical copy, say what it holds."""
    from . import profile as profiling
    from . import table

    job.progress("reading", 0.1)
    read = table.read(job.needed("file"))
    job.progress("profiling", 0.6)
    read.write(job.output("table.parquet"))
    return profiling.profile(read)


def train(job: Job) -> dict[str, Any]:
    """Train, compare, test, explain, keep, as the task type does."""
    from .specs import SPECS

    name = job.text("spec")
    if name not in SPECS:
        raise Problem("task_unknown", task=name, possible=sorted(SPECS))
    return SPECS[name].train(job)


def predict(job: Job) -> dict[str, Any]:
    """Use a kept model (the files in `in/`) on another table."""
    from . import saved
    from .specs import SPECS

    name = saved.task(job.folder / "in")
    if name not in SPECS:
        raise Problem("model_broken")
    return SPECS[name].predict(job)


def render(job: Job) -> dict[str, Any]:
    """Turn a page into a PDF."""
    from . import render as rendering

    job.progress("drawing", 0.1)
    pages = rendering.render(job.needed("file"), job.output("page.pdf"))
    return {"pages": pages}


JOBS: dict[str, Callable[[Job], dict[str, Any]]] = {
    "profile": profile,
    "train": train,
    "predict": predict,
    "render": render,
}


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m sandbox.engine.runner JOB_FOLDER [STARTED]")
    code = main(Path(sys.argv[1]), started=float(sys.argv[2]) if sys.argv[2:] else None)
    sys.stdout.flush()
    # Libraries' threads must not hold up a job that has written everything it had to write.
    os._exit(code)

"""First program inside the box: prepares, waits for its order, builds the wall, becomes the job.

Limits are set here and not between fork and exec of the worker, which may have threads. Stands
alone: inside the wall there is neither Django nor the rest of this package.

Everything before the order is our own code at work on nothing: no byte of a job has been read.
The libraries that a job of its kind needs are imported meanwhile, so that a process that has
waited starts at once.
"""

import ctypes
import importlib
import json
import os
import resource
import runpy
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LEAST = 19  # the lowest priority
CPU_GRACE = 5  # seconds for a job that its soft limit did not end


def limit(bounds: dict[str, int]) -> None:
    """Set the kernel's limits; a child cannot raise them again."""
    kinds = {
        "data": resource.RLIMIT_DATA,
        "file_bytes": resource.RLIMIT_FSIZE,
        "open_files": resource.RLIMIT_NOFILE,
        "processes": resource.RLIMIT_NPROC,
        "core": resource.RLIMIT_CORE,
    }
    for name, kind in kinds.items():
        if name in bounds:
            resource.setrlimit(kind, (bounds[name], bounds[name]))
    # The soft limit ends the job with SIGXCPU, which says why; the hard one ends what ignores it.
    seconds = bounds["cpu_seconds"] + round(sum(os.times()[:2]))  # what preparing took is ours
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + CPU_GRACE))
    # Python would turn a file that grows too large into an error of the library that writes it.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def die_with(parent: int) -> None:
    """End when the worker ends, even when it is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(125)


def be_first_to_go() -> None:
    """When the machine runs out of memory, the kernel takes this process and not the worker."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def prepare(job: str, *, is_patient: bool) -> None:
    """Import what a job of this kind needs; a patient process leaves the cores to others.

    Priority belongs to a thread, and without privilege it can only be lowered: the thread that
    imports is slow and ends, the one that will do the job never was.
    """
    if is_patient:
        share_of_session(LEAST)
        importer = threading.Thread(target=_import_slowly, args=(job,))
        importer.start()
        importer.join()
        share_of_session(0)
    else:
        _import(job)
    print(json.dumps({"event": "ready"}), flush=True)  # noqa: T201 – the parent reads it


def share_of_session(nice: int) -> None:
    """Where the kernel divides the cores by session, a thread's own priority counts only within.

    The kernel takes such a wish from one process in a tenth of a second.
    """
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            Path("/proc/self/autogroup").write_text(str(nice))
        except BlockingIOError:
            time.sleep(0.03)
        except OSError:
            return  # it does not divide them so
        else:
            return
    os._exit(1)  # better none who waits than a slow one


def _import_slowly(job: str) -> None:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LEAST)
    _import(job)


def _import(job: str) -> None:
    importlib.import_module("sandbox.engine.libraries").prepare(job)


def confine(wall: dict[str, Any], here: str) -> None:
    """Build the part of the wall that a process builds around itself."""
    sys.path.insert(0, here)
    walls = importlib.import_module("confine")
    sys.path.remove(here)
    walls.alone()
    walls.landlock(**wall["paths"])
    walls.seccomp(may_execute=wall["may_execute"], has_gpu=wall["has_gpu"])


def share_cores(threads: int) -> None:
    """Let BLAS use its threads. Until now it had none, since they would stand outside the wall."""
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)
    if "numpy" in sys.modules:
        importlib.import_module("threadpoolctl").threadpool_limits(threads, user_api="blas")


def main(start: dict[str, Any]) -> None:
    """Wait for the order, then run its program as `python -m` would, or as `python file` would."""
    here = str(Path(__file__).parent)
    if start["parent"]:
        die_with(start["parent"])
    be_first_to_go()
    sys.path.insert(0, start["root"])
    if start["job"]:
        prepare(start["job"], is_patient=start["is_patient"])
    line = sys.stdin.readline()
    if not line:
        os._exit(0)  # nobody wants this process any more
    order = json.loads(line)
    limit(order["bounds"])
    if order["wall"]:
        confine(order["wall"], here)
    share_cores(order["threads"])
    program = order["program"]
    sys.argv = [program, *order["arguments"]]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

"""First program inside the box: puts the limits on itself, then becomes the program asked for.

Limits are set here and not between fork and exec of the worker, which may have threads. Stands
alone: inside the wall there is neither Django nor the rest of this package.
"""

import ctypes
import json
import os
import resource
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1


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
    resource.setrlimit(resource.RLIMIT_CPU, (bounds["cpu_seconds"], bounds["cpu_seconds"] + 5))


def die_with(parent: int) -> None:
    """End when the worker ends, even when it is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(125)


def be_first_to_go() -> None:
    """When the machine runs out of memory, the kernel takes this process and not the worker."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:
        return


def main(order: dict[str, Any]) -> None:
    """Limit, then run the program as `python -m` would, or as `python file` would."""
    if order["parent"]:
        die_with(order["parent"])
    be_first_to_go()
    limit(order["bounds"])
    sys.path.insert(0, order["root"])
    program = order["program"]
    sys.argv = [program, *order["arguments"]]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

"""What a command costs: seconds from start to exit, processor seconds, memory of all it started."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.1
MB = 1024 * 1024


@dataclass(frozen=True)
class Took:
    """How a command ended, and what it took.

    `elsewhere` is the share of the machine's processor time that went to other work meanwhile: with
    much of it, seconds say little.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: int
    load: float
    elsewhere: float
    returncode: int
    timed_out: bool


def run(
    argv: Sequence[str], *, folder: Path, environ: Mapping[str, str], cwd: Path, limit: float
) -> Took:
    """Run a command to its end or to the limit; its words go to files in the folder."""
    load, busy = os.getloadavg()[0], busy_seconds()
    began = time.monotonic()
    peak, timed_out = 0, False
    spent: dict[int, float] = {}
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        process = subprocess.Popen(
            argv, cwd=cwd, env={**os.environ, **environ}, stdin=subprocess.DEVNULL,
            stdout=out, stderr=err, start_new_session=True,
        )  # fmt: skip
        try:
            while True:
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                family = tree(process.pid)
                peak = max(peak, held(family))
                for member in family:
                    spent[member] = max(used(member), spent.get(member, 0.0))
                if time.monotonic() - began > limit and not timed_out:
                    timed_out = True
                    end(family)
                time.sleep(EVERY)
        except BaseException:
            end(tree(process.pid))
            raise
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    # A namespace that ends takes the accounts of its processes with it: what was seen counts too.
    cpu = max(usage.ru_utime + usage.ru_stime, sum(spent.values()))
    others = max(0.0, busy_seconds() - busy - cpu)
    return Took(
        seconds=round(seconds, 2),
        cpu_seconds=round(cpu, 2),
        peak_mb=round(peak / MB) or usage.ru_maxrss // 1024,
        load=round(load, 2),
        elsewhere=round(others / (seconds * (os.cpu_count() or 1)), 3),
        returncode=process.returncode,
        timed_out=timed_out,
    )


def tree(root: int) -> list[int]:
    """A process and everything that descends from it."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
            children[parent].append(int(entry.parent.name))
    family = [root]
    for pid in family:
        family.extend(children.get(pid, ()))
    return family


def held(family: Iterable[int]) -> int:
    """Bytes of memory of some processes; what they share counts once, for the one with most of it.

    So does, in full, what they share with others, such as a library that this program uses too.
    """
    own, shared = 0, 0
    for pid in family:
        with suppress(OSError, ValueError, IndexError):
            sizes = {
                words[0]: int(words[1])
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
                if (words := line.split())
            }
            own += sizes["Private_Clean:"] + sizes["Private_Dirty:"]
            shared = max(shared, sizes["Shared_Clean:"] + sizes["Shared_Dirty:"])
    return (own + shared) * 1024


def used(pid: int) -> float:
    """Processor seconds of one process so far."""
    with suppress(OSError, ValueError, IndexError):
        counts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, counts)) / os.sysconf("SC_CLK_TCK")
    return 0.0


def end(family: Iterable[int]) -> None:
    """Kill processes, the youngest first."""
    for pid in reversed(list(family)):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def busy_seconds() -> float:
    """Processor seconds the machine has spent on anything; 0 where it does not say."""
    with suppress(OSError, ValueError, IndexError):
        counts = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:4]
        return sum(map(int, counts)) / os.sysconf("SC_CLK_TCK")
    return 0.0


def machine() -> str:
    """The machine in one line."""
    model = platform.processor() or platform.machine()
    with suppress(OSError, IndexError):
        info = Path("/proc/cpuinfo").read_text()
        model = info.partition("model name")[2].partition(":")[2].split("\n")[0].strip() or model
    gigabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3
    return (
        f"{os.cpu_count()} cores ({model}), {gigabytes:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )

"""How a process is started behind each wall, and how it is told what to do there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.box import gpus
from sandbox.box.limits import Limits
from sandbox.box.place import Place

HERE = Path(__file__).parent
CODE = HERE.parents[1]
PYTHON = ("-s", "-P", "-B")  # no user packages, no working folder on the path, no bytecode
ALONE = ("launch.py", "confine.py", "canary.py")  # the programs in there that are not the engine
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
# What libraries ask of the machine; of /proc a job sees itself, and of other processes nothing.
MACHINE = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm", "/sys")
LINKS = ("/bin", "/lib", "/lib32", "/lib64", "/sbin")
LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")


@dataclass(frozen=True)
class Need:
    """What kind of process is wanted: for which job, with how many threads, on which GPU."""

    job: str = ""
    threads: int = 2
    gpu: int | None = None
    is_patient: bool = False


@dataclass(frozen=True)
class Command:
    """What to start; `options` are passed through a pipe so that the box cannot read them.

    `folder` is the job's folder as seen from inside, `paths` what Landlock leaves of the files;
    None where the process builds no wall around itself.
    """

    argv: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    paths: dict[str, list[str]] | None
    is_namespaced: bool = False
    options: tuple[str, ...] = ()

    def start(self, place: Place) -> subprocess.Popen[bytes]:
        """Start the program in a session of its own, as the lodger where there is one."""
        read, write = os.pipe()
        try:
            os.write(write, "".join(f"{option}\0" for option in self.options).encode())
            os.close(write)
            return subprocess.Popen(
                [part.replace("{options}", str(read)) for part in self.argv],
                env=self.environment,
                pass_fds=(read,) if self.options else (),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                cwd="/",
                **(place.lodger.starts if place.lodger else {}),
            )
        finally:
            os.close(read)


@dataclass
class Child:
    """A process behind its wall, and the place it has; it does nothing before its order."""

    process: subprocess.Popen[bytes]
    place: Place
    command: Command
    need: Need
    said: bytes = field(default=b"", repr=False)

    @classmethod
    def start(cls, level: str, place: Place, need: Need) -> Child:
        """Start a process behind the wall of this level."""
        command = WALLS[level](place, need)
        return cls(command.start(place), place, command, need)

    @property
    def is_ready(self) -> bool:
        """Whether it lives and has imported what its jobs need."""
        if self.process.poll() is None and self.process.stdout and b'"ready"' not in self.said:
            os.set_blocking(self.process.stdout.fileno(), False)
            with suppress(BlockingIOError):
                self.said += os.read(self.process.stdout.fileno(), 4096)
        return self.process.poll() is None and b'"ready"' in self.said

    def seen(self, path: Path) -> str:
        """A path in the job's folder as the process sees it."""
        return str(Path(self.command.folder) / path.relative_to(self.place.job))

    def order(
        self, limits: Limits, program: str, *arguments: str, may_execute: bool = False
    ) -> None:
        """Tell it what to do, and under which limits. It is told once."""
        bounds = {
            "file_bytes": limits.output_bytes,
            "open_files": limits.open_files,
            "cpu_seconds": limits.cpu_seconds,
            "core": 0,
        }
        if sys.platform == "linux" and self.need.gpu is None:  # CUDA reserves terabytes
            bounds["data"] = limits.memory + limits.headroom
        if self.command.is_namespaced:
            # The kernel counts a user's processes per namespace; outside, this account's other
            # processes would count too, so there the watch counts the job's own.
            bounds["processes"] = limits.processes
        paths = self.command.paths
        has_gpu = self.need.gpu is not None
        wall = {"paths": paths, "may_execute": may_execute, "has_gpu": has_gpu}
        told = {
            "bounds": bounds,
            "wall": None if paths is None else wall,
            "threads": limits.threads,
            "program": program,
            "arguments": arguments,
        }
        pipe, self.process.stdin = self.process.stdin, None
        if pipe:
            with suppress(BrokenPipeError), pipe:  # it has died, which the watch is about to see
                pipe.write(f"{json.dumps(told)}\n".encode())

    def run(self, limits: Limits, job: str) -> None:
        """Have the engine do the job in its folder, its clock starting now.

        A training ends as the program that draws: it alone may execute, and only Python. Without
        Landlock there is no such "only"; then a training behind namespaces may execute what is in
        there.
        """
        now = str(time.monotonic())
        engine = "sandbox.engine.runner"
        self.order(limits, engine, self.command.folder, now, may_execute=job == "train")


def environment(need: Need, *, home: str) -> dict[str, str]:
    """An environment built from nothing, so that no secret of ours can be in it."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": home,
        "TMPDIR": home,
        # torch built with CUDA names a folder after the user, whom nothing in there knows.
        "LOGNAME": "box",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": str(need.threads),
        # No library may have threads before the wall stands; `launch` gives BLAS its own later.
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        # An allocator of Arrow's own keeps what a table's reading leaves, which learning could use.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
        # Threads that spin while they wait cost a busy machine ten times the work.
        "OMP_WAIT_POLICY": "PASSIVE",
        # One heap per thread would reserve far more address space than it fills.
        "MALLOC_ARENA_MAX": "2",
        **gpus.environment(need.gpu),
    }


def _started(need: Need, *, root: str, inside: bool) -> str:
    """What `launch.py` hears at its start, which tells nothing of the outside."""
    return json.dumps(
        {
            "root": root,
            "parent": 0 if inside else os.getpid(),
            "job": need.job,
            "is_patient": need.is_patient,
        }
    )


def _rlimits(place: Place, need: Need) -> Command:
    """A process with limits and an empty environment. It can read what this account can read."""
    return _unwalled(place, need, root=CODE, paths=None)


def _landlock(place: Place, need: Need) -> Command:
    """The same process, which then leaves itself only the files and the calls that a job needs."""
    root = place.code(CODE / "sandbox")
    programs = [str(HERE / name) for name in ALONE]
    seen = [str(path) for path in (root, CODE / "sandbox" / "engine", place.job)]
    paths = {
        "read": [*LINKS, *_system(), *seen, *programs, *MACHINE],
        "write": [*map(str, place.writable), *_written(need)],
        "execute": _executable(),
        "devices": _devices(need),
    }
    return _unwalled(place, need, root=root, paths=paths)


def _unwalled(
    place: Place, need: Need, *, root: Path, paths: dict[str, list[str]] | None
) -> Command:
    started = _started(need, root=str(root), inside=False)
    return Command(
        argv=(sys.executable, *PYTHON, str(HERE / "launch.py"), started),
        environment=environment(need, home=str(place.scratch)),
        folder=str(place.job),
        paths=paths,
    )


def _bwrap(place: Place, need: Need) -> Command:
    """Namespaces of its own: no network, no other process, and only the folders it needs."""
    bwrap = shutil.which("bwrap")
    if not bwrap:
        raise FileNotFoundError("bwrap")
    options = ["--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"]
    options += ["--cap-drop", "ALL", "--hostname", "box", "--uid", "1000", "--gid", "1000"]
    options += ["--clearenv"]
    for name, value in environment(need, home="/scratch").items():
        options += ["--setenv", name, value]
    for path in _system():
        options += ["--ro-bind-try", path, path]
    for link in LINKS:
        if Path(link).is_symlink():
            options += ["--symlink", str(Path(link).readlink()), link]
        else:
            options += ["--ro-bind-try", link, link]
    for inner in ("sandbox/__init__.py", "sandbox/engine"):
        options += ["--ro-bind", str(CODE / inner), f"/code/{inner}"]
    for name in ALONE:
        options += ["--ro-bind", str(HERE / name), f"/code/{name}"]
    options += ["--proc", "/proc", "--dev", "/dev", "--ro-bind", str(place.job), "/job"]
    options += _bound(need)
    # Not /tmp: this code or its Python may itself lie below /tmp.
    options += ["--bind", str(place.out), "/job/out", "--bind", str(place.scratch), "/scratch"]
    options += ["--bind", str(place.shared_memory), "/dev/shm"]  # noqa: S108
    # What is left writable is counted: /job/out, /scratch and /dev/shm are folders of this job.
    options += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/scratch"]
    python = (sys.executable, *PYTHON, "/code/launch.py", _started(need, root="/code", inside=True))
    writable = ["/job/out", "/scratch", "/dev/shm"]  # noqa: S108
    return Command(
        argv=(bwrap, "--args", "{options}", "--", *python),
        environment={},
        folder="/job",
        paths={
            "read": ["/"],  # which is what was bound above, and nothing else
            "write": [*writable, *_written(need)],
            "execute": _executable(),
            "devices": _devices(need),
        },
        is_namespaced=True,
        options=tuple(options),
    )


def _bound(need: Need) -> list[str]:
    """What shows a GPU inside; it must come after `--dev`, which makes the folder of devices."""
    if need.gpu is None:
        return []
    nodes = [part for node in gpus.nodes(need.gpu) for part in ("--dev-bind-try", node, node)]
    read = [part for path in (str(gpus.DRIVER), "/sys") for part in ("--ro-bind-try", path, path)]
    return nodes + read


WALLS: dict[str, Callable[[Place, Need], Command]] = {
    "bwrap": _bwrap,
    "landlock": _landlock,
    "rlimits": _rlimits,
    "none": _rlimits,
}


def _system() -> list[str]:
    """What a job needs to see where it lies: the system's programs, Python, fonts."""
    interpreter = Path(sys.executable).resolve().parents[1]
    prefixes = {Path(sys.prefix), Path(sys.base_prefix), interpreter}
    outside = [str(path) for path in sorted(prefixes) if not path.is_relative_to("/usr")]
    fonts = ["/etc/fonts", "/var/cache/fontconfig"]
    return ["/usr", *outside, "/etc/ld.so.cache", "/etc/alternatives", *fonts]


def _executable() -> list[str]:
    """All that a training may execute: Python, and the loader that every program starts with."""
    return [str(Path(sys.executable).resolve()), *LOADERS]


def _devices(need: Need) -> list[str]:
    return [*DEVICES, *(gpus.nodes(need.gpu) if need.gpu is not None else ())]


def _written(need: Need) -> list[str]:
    """CUDA gives its threads their names, in a folder that is the process's own."""
    return ["/proc/self/task"] if need.gpu is not None else []

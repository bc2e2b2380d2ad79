"""The walls a job can stand behind, strongest first; each counts only when a canary proves it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sandbox.box import gpus
from sandbox.box.limits import Limits
from sandbox.box.place import Place

HERE = Path(__file__).parent
CODE = HERE.parents[1]
PYTHON = ("-s", "-P", "-B")  # no user packages, no working folder on the path, no bytecode


@dataclass(frozen=True)
class Command:
    """What to start; `options` are passed through a pipe so that the box cannot read them."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    options: tuple[str, ...] = ()

    @contextmanager
    def start(self, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
        """Start the program in a session of its own."""
        read, write = os.pipe()
        try:
            os.write(write, "".join(f"{option}\0" for option in self.options).encode())
            os.close(write)
            argv = [part.replace("{options}", str(read)) for part in self.argv]
            process = subprocess.Popen(
                argv,
                env=self.environment,
                pass_fds=(read,) if self.options else (),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                **streams,
            )
        finally:
            os.close(read)
        with process:
            yield process


def environment(limits: Limits, *, home: str, gpu: int | None = None) -> dict[str, str]:
    """An environment built from nothing, so that no secret of ours can be in it."""
    threads = str(limits.threads)
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": home,
        "TMPDIR": home,
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        # Threads that spin while they wait cost a busy machine ten times the work.
        "OMP_WAIT_POLICY": "PASSIVE",
        # One heap per thread would reserve far more address space than it fills.
        "MALLOC_ARENA_MAX": "2",
        **gpus.environment(gpu),
    }


def _order(
    limits: Limits,
    *,
    root: str,
    program: str,
    arguments: tuple[str, ...],
    inside: bool,
    gpu: int | None,
) -> str:
    bounds = {
        "file_bytes": limits.output_bytes,
        "open_files": limits.open_files,
        "cpu_seconds": limits.cpu_seconds,
        "core": 0,
    }
    if sys.platform == "linux" and gpu is None:  # CUDA reserves far more than it fills
        bounds["data"] = limits.memory + limits.headroom
    if inside:
        # The kernel counts a user's processes per namespace; outside, this account's other
        # processes would count too, so there the watch counts the job's own.
        bounds["processes"] = limits.processes
    return json.dumps(
        {
            "bounds": bounds,
            "root": root,
            "program": program,
            "arguments": arguments,
            "parent": 0 if inside else os.getpid(),
        }
    )


def _rlimits(
    place: Place, limits: Limits, program: str, *arguments: str, gpu: int | None = None
) -> Command:
    """A process with limits and an empty environment. It can read what this account can read."""
    order = _order(
        limits,
        root=str(CODE),
        program=program,
        arguments=arguments or (str(place.job),),
        inside=False,
        gpu=gpu,
    )
    return Command(
        argv=(sys.executable, *PYTHON, str(HERE / "launch.py"), order),
        environment=environment(limits, home=str(place.scratch), gpu=gpu),
    )


def _bwrap(
    place: Place, limits: Limits, program: str, *arguments: str, gpu: int | None = None
) -> Command:
    """Namespaces of its own: no network, no other process, and only the folders it needs."""
    bwrap = shutil.which("bwrap")
    if not bwrap:
        raise FileNotFoundError("bwrap")
    order = _order(
        limits,
        root="/code",
        program=program.replace(str(HERE), "/code"),
        arguments=arguments or ("/job",),
        inside=True,
        gpu=gpu,
    )
    options = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    options += ["--hostname", "box", "--uid", "1000", "--gid", "1000", "--clearenv"]
    for name, value in environment(limits, home="/scratch", gpu=gpu).items():
        options += ["--setenv", name, value]
    for source, target in _readable():
        options += ["--ro-bind-try", source, target]
    for link in ("/bin", "/lib", "/lib32", "/lib64", "/sbin"):
        if Path(link).is_symlink():
            options += ["--symlink", str(Path(link).readlink()), link]
        else:
            options += ["--ro-bind-try", link, link]
    options += ["--proc", "/proc", "--dev", "/dev", "--ro-bind", str(place.job), "/job"]
    if gpu is not None:
        options += ["--ro-bind-try", "/sys", "/sys"]  # where CUDA looks for the card's place
        for node in gpus.nodes(gpu):
            options += ["--dev-bind", node, node]
    # Not /tmp: this code or its Python may itself lie below /tmp.
    options += ["--bind", str(place.out), "/job/out", "--bind", str(place.scratch), "/scratch"]
    options += ["--bind", str(place.shared_memory), "/dev/shm"]  # noqa: S108
    # What is left writable is counted: /job/out, /scratch and /dev/shm are folders of this job.
    options += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/scratch"]
    return Command(
        argv=(
            bwrap,
            "--args",
            "{options}",
            "--",
            sys.executable,
            *PYTHON,
            "/code/launch.py",
            order,
        ),
        environment={},
        options=tuple(options),
    )


def _readable() -> list[tuple[str, str]]:
    """What a job needs to see, and where: the system's programs, Python, the engine, fonts."""
    interpreter = Path(sys.executable).resolve().parents[1]
    prefixes = {Path(sys.prefix), Path(sys.base_prefix), interpreter}
    outside = [path for path in sorted(prefixes) if not path.is_relative_to("/usr")]
    same = ["/usr", *map(str, outside)]
    same += ["/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/var/cache/fontconfig"]
    package = CODE / "sandbox"
    return [
        *((path, path) for path in same),
        (str(package / "__init__.py"), "/code/sandbox/__init__.py"),
        (str(package / "engine"), "/code/sandbox/engine"),
        (str(HERE / "launch.py"), "/code/launch.py"),
        (str(HERE / "canary.py"), "/code/canary.py"),
    ]


WALLS: dict[str, Callable[..., Command]] = {"bwrap": _bwrap, "rlimits": _rlimits}


def command(
    level: str, place: Place, limits: Limits, program: str, *, gpu: int | None = None
) -> Command:
    """How to start a program behind the wall of this level, with a GPU where one was lent."""
    return WALLS[level](place, limits, program, gpu=gpu)


def level() -> str:
    """The strongest wall that holds here; ImproperlyConfigured when it is too weak to go on."""
    strongest = _strongest()
    levels = list(WALLS)
    least = settings.SANDBOX_MIN_LEVEL
    if least not in levels:
        raise ImproperlyConfigured(
            f"SANDBOX_MIN_LEVEL is {least!r}; it can be {' or '.join(levels)}."
        )
    if strongest is None or levels.index(strongest) > levels.index(least):
        raise ImproperlyConfigured(
            f"Jobs must run at level {least} or stronger, and this machine gives "
            f"{strongest or 'none'}. Install bubblewrap and allow it to make user namespaces, or "
            "set SANDBOX_MIN_LEVEL to a weaker level."
        )
    return strongest


@cache
def _strongest() -> str | None:
    return next((name for name in WALLS if holds(name)), None)


def holds(level: str) -> bool:
    """Whether a canary behind this wall could do nothing that the level promises to prevent."""
    try:
        found = _sing(level)
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    contained = found["limited"] and found["out"]
    if level == "rlimits":
        return bool(contained)
    return bool(contained and not (found["reads"] or found["writes"] or found["network"]))


def _sing(level: str) -> dict[str, Any]:
    limits = Limits(wall_seconds=20, cpu_seconds=20)
    with (
        tempfile.TemporaryDirectory(prefix="hazumi-canary-") as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        secret = Path(folder) / "secret"
        secret.write_text("do not read")
        home = Path(folder) / "box"
        home.mkdir()
        place = Place.lay_out(home, job={"job": "canary"}, inputs={})
        inside = level != "rlimits"
        asked = {
            "unreadable": [str(secret), "/etc/passwd", str(CODE / "manage.py"), settings.VAR_DIR],
            "unwritable": [folder, str(CODE), sys.prefix, "/", "/dev", "/job" if inside else "/"],
            "out": "/job/out" if inside else str(place.out),
            "port": server.getsockname()[1],
        }
        started = WALLS[level](
            place, limits, str(HERE / "canary.py"), json.dumps(asked, default=str)
        )
        with started.start(stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            try:
                said, _ = process.communicate(timeout=limits.wall_seconds)
            finally:
                process.kill()
        return dict(json.loads(said))

"""The walls a job can stand behind, strongest first; each counts only when a canary proves it."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sandbox.box import cgroups
from sandbox.box.limits import Limits
from sandbox.box.lodger import lodger
from sandbox.box.place import Place
from sandbox.box.start import CODE, HERE, WALLS, Child, Need

__all__ = ["CODE", "WALLS", "Proof", "holds", "level", "proof", "stands"]

PROOF_SECONDS = 600.0
"""How long a proof is believed before the canary is asked again."""
SINGS_WITHIN = 20


@dataclass(frozen=True)
class Proof:
    """What the canary found: the level in force and what it is made of, for /health and people.

    `level` is empty when not even the weakest wall holds. `is_root` says that jobs run as root of
    this machine, inside a user namespace in which they are nobody.
    """

    level: str
    limits: bool = False
    landlock: int = 0
    seccomp: bool = False
    namespaces: bool = False
    cgroup: bool = False
    is_root: bool = False
    at: float = field(default_factory=time.monotonic, compare=False)


def level() -> str:
    """The strongest wall that holds here; ImproperlyConfigured when it is too weak to go on."""
    levels = list(WALLS)
    least = settings.SANDBOX_MIN_LEVEL
    if least not in levels:
        raise ImproperlyConfigured(
            f"SANDBOX_MIN_LEVEL is {least!r}; it can be {', '.join(levels[:-1])} or {levels[-1]}."
        )
    strongest = _strongest()
    if strongest is None or levels.index(strongest) > levels.index(least):
        raise ImproperlyConfigured(
            f"Jobs must run at level {least} or stronger, and this machine gives "
            f"{strongest or 'none'}. Install bubblewrap and allow it to make user namespaces, do "
            "not run as root, or set SANDBOX_MIN_LEVEL to a weaker level."
        )
    return strongest


_last: dict[str, Proof] = {}


def proof(*, max_age: float = PROOF_SECONDS) -> Proof:
    """What the canary found, asked again when the last answer is older than `max_age` seconds."""
    known = _last.get("proof")
    if known is None or time.monotonic() - known.at > max_age:
        known = _last["proof"] = _proven()
    return known


def _strongest() -> str | None:
    return proof(max_age=math.inf).level or None


def _proven() -> Proof:
    for name in WALLS:
        if name == "none":
            continue
        found = sung(name)
        if found and _counts(name) and _contains(name, found):
            is_walled = name in ("bwrap", "landlock")
            return Proof(
                level=name,
                limits=True,
                landlock=found["landlock"] if is_walled else 0,
                seccomp=found["seccomp"],
                namespaces=name == "bwrap",
                cgroup=cgroups.home() is not None,
                is_root=os.geteuid() == 0 and lodger() is None,
            )
    return Proof(level="none" if settings.SANDBOX_MIN_LEVEL == "none" else "")


def holds(level: str) -> bool:
    """Whether this wall counts here: a canary could do nothing that the level promises to prevent.

    `none` promises nothing, so it counts only where somebody asked for it.
    """
    if level == "none":
        return bool(settings.SANDBOX_MIN_LEVEL == "none")
    return _counts(level) and stands(level)


def stands(level: str) -> bool:
    """Whether a canary behind this wall could do nothing that the level promises to prevent."""
    found = sung(level)
    return bool(found) and _contains(level, found)


def _counts(level: str) -> bool:
    """Whether it would be a wall for whoever runs it: root needs a namespace, or a lodger."""
    return level == "bwrap" or os.geteuid() != 0 or lodger() is not None


def _contains(level: str, found: dict[str, Any]) -> bool:
    if not (found["limited"] and found["out"]):
        return False
    if level not in ("bwrap", "landlock"):
        return True
    powers = set(found["powers"])
    if level == "bwrap" and not found["landlock"]:
        powers.discard("execute")  # what a training may execute is only inside, nothing of ours
    has_walls = found["seccomp"] and (level == "bwrap" or found["landlock"])
    return bool(has_walls and not (found["reads"] or found["writes"] or powers))


def sung(level: str) -> dict[str, Any]:
    """What a canary behind this wall could do; empty when it could not even sing."""
    try:
        return _sing(level)
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}


def _sing(level: str) -> dict[str, Any]:
    limits = Limits(wall_seconds=SINGS_WITHIN, cpu_seconds=SINGS_WITHIN)
    with tempfile.TemporaryDirectory(prefix="hazumi-canary-") as folder, _doors() as doors:
        secret = Path(folder) / "secret"
        secret.write_text("do not read")
        home = Path(folder) / "box"
        home.mkdir()
        place = Place.lay_out(home, lodger=lodger())
        if place.lodger:
            place.lodger.shown(Path(folder))
        child = Child.start(level, place, Need())
        asked = {
            "unreadable": [str(secret), "/etc/passwd", str(CODE / "manage.py"), settings.VAR_DIR],
            "unwritable": [folder, str(CODE), sys.prefix, "/", "/dev", child.command.folder],
            "out": child.seen(place.out),
            "worker": os.getpid(),
            **doors,
        }
        canary = HERE if child.command.folder != "/job" else Path("/code")
        with child.process:
            try:
                told = json.dumps(asked, default=str)
                # As a training, which may do most: what it may not do, no job may.
                child.order(limits, str(canary / "canary.py"), told, may_execute=True)
                said, _ = child.process.communicate(timeout=limits.wall_seconds)
            finally:
                child.process.kill()
        return dict(json.loads(said))


@contextmanager
def _doors() -> Iterator[dict[str, Any]]:
    """Programs of ours that listen meanwhile: on TCP, on a path, on a name, for datagrams."""
    with (
        tempfile.TemporaryDirectory(prefix="hazumi-door-") as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as by_path,
        socket.socket(socket.AF_UNIX) as by_name,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams,
    ):
        # Open to every user: what keeps a job away must be the wall.
        Path(folder).chmod(0o711)
        for door, name in ((by_path, "stream"), (datagrams, "datagrams")):
            door.bind(f"{folder}/{name}")
            Path(folder, name).chmod(0o777)
        by_name.bind(f"\0{folder}")
        by_path.listen()
        by_name.listen()
        yield {
            "port": server.getsockname()[1],
            "socket": f"{folder}/stream",
            "datagrams": f"{folder}/datagrams",
            "abstract": folder,
        }

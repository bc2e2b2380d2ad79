"""What the wall in force was seen to hold, for operators and for people."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

from sandbox.box import walls


@dataclass(frozen=True)
class Proof:
    """What the canary found: the level in force and what it is made of."""

    level: str
    limits: bool = False
    landlock: int = 0
    seccomp: bool = False
    namespaces: bool = False
    cgroup: bool = False
    is_root: bool = False
    at: float = field(default_factory=time.monotonic, compare=False)


def proof() -> Proof:
    """What the canary found last."""
    level = walls.level()
    namespaces, is_root = level == "bwrap", os.geteuid() == 0
    return Proof(level=level, limits=True, namespaces=namespaces, is_root=is_root)

"""The GPUs of this machine: found without a library, lent to one job at a time each.

The driver tells all that is asked here through files, so a worker need not load torch. Settings of
a card are left as they are: one that is divided (MIG) counts as one, as CUDA shows it to a job.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

DEVICES, DRIVER = Path("/dev"), Path("/proc/driver/nvidia")
SHARED = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
"""The nodes that every job on a GPU needs besides the card's own."""
_NODE = re.compile(r"nvidia(\d+)")
_VERSION = re.compile(r"\s(\d{3,}(?:\.\d+)+)\s")
_IDENTITY = re.compile(r"GPU-[0-9a-f-]{36}")


@dataclass(frozen=True)
class Gpu:
    """One card: the number of its node, the name people know it by, CUDA's name for it."""

    index: int
    name: str
    identity: str


@dataclass(frozen=True)
class Loan:
    """What a job was lent: one GPU, or none."""

    gpu: Gpu | None = None
    share: float = 1.0
    """How much of the card's memory the job may take."""

    @property
    def index(self) -> int | None:
        """The GPU's number, for `box.run`."""
        return self.gpu.index if self.gpu else None

    @property
    def told(self) -> dict[str, Any]:
        """What the job says of it; nothing without a GPU."""
        if self.gpu is None:
            return {}
        return {"gpu": True, "gpu_share": self.share, "gpu_driver": driver()}


def found() -> list[Gpu]:
    """The GPUs that this machine's driver shows, by their numbers."""
    numbers = [int(node[1]) for one in _listed(DEVICES) if (node := _NODE.fullmatch(one.name))]
    facts = {
        int(said["Device Minor"]): said
        for folder in _listed(DRIVER / "gpus")
        if (said := _facts(folder / "information")).get("Device Minor", "").isdecimal()
    }
    return [
        Gpu(
            index,
            facts.get(index, {}).get("Model") or f"GPU {index}",
            _identity(index, facts.get(index, {}).get("GPU UUID", "")),
        )
        for index in sorted(numbers)
    ]


def driver() -> str:
    """The driver's version; empty where there is none, or where it does not say."""
    version = _VERSION.search(_text(DRIVER / "version").partition("\n")[0] + " ")
    return version[1] if version else ""


def nodes(index: int) -> list[str]:
    """The device nodes that a job on this GPU needs, as far as they are there."""
    names = (f"nvidia{index}", *SHARED)
    return [str(DEVICES / name) for name in names if (DEVICES / name).exists()]


def environment(index: int | None) -> dict[str, str]:
    """The variables that show CUDA this GPU alone; without one, none at all."""
    mine = next((gpu.identity for gpu in found() if gpu.index == index), "")
    return {"CUDA_VISIBLE_DEVICES": mine, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


@contextmanager
def lent(*, wanted: bool) -> Iterator[Loan]:
    """A GPU with nobody on it, for as long as the context is open; none where there is none.

    The lock of a file says who has it: the kernel lets go of it with the process, however it ends.
    """
    runs = settings.GPU_RUNS if wanted else 0
    for gpu in found() if runs else ():
        for place in range(runs):
            if (held := _lock(gpu, place)) is not None:
                try:
                    yield Loan(gpu, 1.0 / runs)
                finally:
                    os.close(held)
                return
    yield Loan()


def _lock(gpu: Gpu, place: int) -> int | None:
    folder = Path(settings.VAR_DIR) / "gpus"
    folder.mkdir(parents=True, exist_ok=True)
    # the host's name, since several may share the folder
    name = f"{socket.gethostname()}-{gpu.index}-{place}.lock"
    held = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _facts(path: Path) -> dict[str, str]:
    """Lines such as `Model: <tab> NVIDIA H100` by their first word."""
    pairs = (line.partition(":") for line in _text(path).splitlines())
    return {name.strip(): value.strip() for name, _colon, value in pairs}


def _identity(index: int, said: str) -> str:
    """The card's own name, which stays the same where other cards cannot be seen; else its number.

    A driver that is not asked often does not know it (GPU-????????-…).
    """
    return said if _IDENTITY.fullmatch(said) else str(index)

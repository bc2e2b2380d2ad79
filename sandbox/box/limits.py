"""How much one job may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

MB = 1 << 20
GB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """What a job may use: bytes, seconds and counts.

    `memory` is what the whole process tree may really hold, watched from outside. The kernel's own
    limit for one process (RLIMIT_DATA) stands `headroom` above it and turns one huge allocation
    into a MemoryError at once. It is not RLIMIT_AS: the engine's drawing library, Arrow and OpenMP
    reserve many gigabytes of addresses that they never fill.
    """

    memory: int = 2 * GB
    headroom: int = 1 * GB
    wall_seconds: float = 120
    cpu_seconds: int = 600
    output_bytes: int = 512 * MB
    files: int = 1000
    open_files: int = 512
    processes: int = 64
    threads: int = 2

    @classmethod
    def of(cls, job: Mapping[str, Any]) -> Limits:
        """What a job of this kind may take, its own budget of seconds and threads included."""
        usual = USUAL[job["job"]]
        # rows to predict may be many more than taught it, and cost as much as a job of their own
        more = USUAL["predict"].wall_seconds if job.get("test") else 0
        return replace(
            usual,
            memory=usual.memory + (CUDA if job.get("gpu") else 0),
            wall_seconds=usual.wall_seconds + int(job.get("seconds", 0)) + more,
            threads=int(job.get("threads", usual.threads)),
        )


CUDA = 4 * GB
"""What CUDA's libraries and its copy of what goes to the GPU take of a job's memory."""
USUAL = {
    "profile": Limits(),
    # A training has its own budget; a minute more is for reading the table and drawing charts.
    "train": Limits(memory=4 * GB, wall_seconds=60, cpu_seconds=7200),
    # A pre-trained network looks at the ten thousand pictures a table may have for three minutes.
    "predict": Limits(wall_seconds=300),
    # A report takes seconds; what is not printed after a minute is never printed.
    "render": Limits(wall_seconds=60),
}

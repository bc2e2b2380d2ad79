"""How a job ended, for the task that asked for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.models import Status


@dataclass(frozen=True)
class Outcome:
    """One end that people understand, with what the job left behind.

    `out` holds only checked files, and only until the box's context closes. `failure` is a code
    and its params, for `sandbox.messages`.
    """

    status: Status
    result: dict[str, Any]
    failure: dict[str, Any]
    out: Path
    level: str
    peak_mb: int
    seconds: float

    @property
    def has_succeeded(self) -> bool:
        """Whether there is a result."""
        return self.status == Status.SUCCEEDED


def clean(value: Any) -> Any:
    """The same value without what a database refuses: infinities, NUL, halves of characters."""
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

"""The folders of one job, as they lie outside the wall."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Place:
    """`job` is what the box sees (only `job/out` may be written); `kept` is what was checked."""

    job: Path
    scratch: Path
    shared_memory: Path
    kept: Path

    @classmethod
    def lay_out(cls, root: Path, *, job: Mapping[str, Any], inputs: Mapping[str, Path]) -> Place:
        """Make the folders and copy the inputs in."""
        place = cls(root / "job", root / "scratch", root / "shm", root / "kept")
        for folder in (place.job, place.job / "in", place.out, *place.writable[1:], place.kept):
            folder.mkdir()
        for name, source in inputs.items():
            if name != Path(name).name:
                raise ValueError(f"An input's name is no plain file name: {name!r}")
            shutil.copyfile(source, place.job / "in" / name)
        (place.job / "job.json").write_text(json.dumps(dict(job), ensure_ascii=False), "utf-8")
        return place

    def stop(self) -> None:
        """Let the job see that people have seen enough; behind a wall only this side can."""
        (self.job / "stop").touch()

    @property
    def out(self) -> Path:
        """Where the job writes."""
        return self.job / "out"

    @property
    def writable(self) -> tuple[Path, Path, Path]:
        """All that the job can fill; each byte of it counts."""
        return (self.out, self.scratch, self.shared_memory)

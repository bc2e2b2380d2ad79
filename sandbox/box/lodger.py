"""The user that jobs run as where we are root: one who owns nothing but what a job is given."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

LOOK = "import sys; [open(path).close() for path in sys.argv[1:]]"
WITHIN = 20  # seconds in which even a busy machine starts Python


@dataclass(frozen=True)
class Lodger:
    """A user and its group."""

    uid: int
    gid: int

    def shown(self, path: Path) -> None:
        """Let it read a file or folder that stays ours."""
        os.chown(path, -1, self.gid)
        path.chmod(0o750 if path.is_dir() else 0o640)

    def given(self, folder: Path) -> None:
        """Let it have a folder."""
        os.chown(folder, self.uid, self.gid)

    @property
    def starts(self) -> dict[str, Any]:
        """For Popen: as this user, of no other group."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def lodger() -> Lodger | None:
    """Whom jobs run as; None when we are not root, or when it could not even read our Python."""
    return _proven(settings.SANDBOX_USER) if os.geteuid() == 0 else None


@cache
def _proven(name: str) -> Lodger | None:
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    user = Lodger(found.pw_uid, found.pw_gid)
    here = Path(__file__)
    needed = [str(path) for path in (here, here.parents[1] / "engine" / "runner.py")]
    try:
        tried = subprocess.run(
            [sys.executable, "-I", "-c", LOOK, *needed],
            env={},
            cwd="/",
            capture_output=True,
            timeout=WITHIN,
            check=False,
            **user.starts,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return user if user.uid and tried.returncode == 0 else None

"""What people write reaches PostgreSQL as it reaches SQLite: the same tests, another server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import postgres

ROOT = Path(__file__).resolve().parents[1]
# Every write of people, the event log, and the slips and torn forms of a room.
TELLING = (
    "tests/planner/actions",
    "tests/workshops/actions",
    "tests/workshops/test_live.py",
    "tests/faults/test_room.py",
)


@pytest.mark.postgres
def test_what_people_write_holds_on_postgresql(tmp_path: Path) -> None:
    with postgres.server() as url:
        env = {**os.environ, "DATABASE_URL": url, "VAR_DIR": str(tmp_path)}
        for command in (
            ["manage.py", "migrate", "--verbosity", "0"],
            ["manage.py", "migrate", "--check"],
            # Its own server is running already; another one inside would test nothing new.
            ["-m", "pytest", *TELLING, "-q", "-m", "not postgres", "--tb=short"],
        ):
            done = subprocess.run(
                [sys.executable, *command],
                cwd=ROOT,
                env=env,
                capture_output=True,
                text=True,
                timeout=500,
                check=False,
            )
            assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]

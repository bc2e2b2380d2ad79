"""E2, E3, E4: what is brought is stopped at its limit, named legibly, never served as a page."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from planner import pdf
from planner.config import asgi
from planner.models import Prototype, UseCase, User
from planner.views.reports import attached
from sandbox import store
from sandbox.models import Dataset, Prediction
from tests.planner import results
from tests.security.conftest import routes

ROOT = Path(__file__).parents[2]
MB = 1 << 20
ADDRESSES = [
    f"/u/{uuid.UUID(int=7)}/prototypes/new/",
    f"/prototypes/{uuid.UUID(int=7)}/predict/",
]
ClientOf = Callable[[User], Client]


class Site:
    """The real web process, with a folder of its own for whatever it puts down."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        env = {
            **os.environ,
            "VAR_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "TMPDIR": str(self.temporary),
        }
        command = [sys.executable, "-m", "uvicorn", "planner.config.asgi:application"]
        command += ["--port", str(self.port), "--lifespan", "off", "--no-access-log"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail("the web process did not start")

    def left_behind(self) -> list[str]:
        """Files that are still there, or still open with their name gone."""
        held = []
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                target = str(entry.readlink())
            except OSError:
                continue
            if target.startswith(str(self.temporary)):
                held.append(target)
        return held + [path.name for path in self.temporary.iterdir()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One process for all of these."""
    found = Site(tmp_path_factory.mktemp("uploads"))
    try:
        found.wait()
        yield found
    finally:
        found.process.terminate()
        found.process.wait(20)


def head(path: str, *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def answered(wire: socket.socket) -> str:
    """The first line of an answer; empty when there is none yet."""
    try:
        return wire.recv(4096).split(b"\r\n")[0].decode()
    except (TimeoutError, BlockingIOError):
        return ""


def settled(site: Site) -> list[str]:
    """What is left once the process has had a moment to let go."""
    for _try in range(50):
        if not (left := site.left_behind()):
            break
        time.sleep(0.1)
    return left


@pytest.mark.parametrize("path", ADDRESSES)
def test_e2_two_hundred_and_one_megabytes_are_refused_before_they_are_sent(
    path: str, site: Site
) -> None:
    kind = "Content-Type: multipart/form-data; boundary=x"
    with closing(socket.create_connection(("127.0.0.1", site.port), 20)) as wire:
        wire.sendall(head(path, kind, f"Content-Length: {202 * MB}"))
        wire.sendall(b"--x\r\n" + b"a" * 1000)
        assert "413" in answered(wire)
    assert settled(site) == []


@pytest.mark.parametrize("path", ADDRESSES)
def test_e2_a_body_without_an_end_is_stopped_at_the_limit(path: str, site: Site) -> None:
    kind = "Content-Type: multipart/form-data; boundary=x"
    piece = b"%x\r\n" % MB + b"a" * MB + b"\r\n"
    sent, said = 0, ""
    with closing(socket.create_connection(("127.0.0.1", site.port), 60)) as wire:
        wire.sendall(head(path, kind, "Transfer-Encoding: chunked"))
        wire.sendall(b"5\r\n--x\r\n\r\n")
        while not said and sent < 300:
            wire.sendall(piece)
            sent += 1
            if sent > 195:
                wire.settimeout(0.2)
                said = answered(wire)
                wire.settimeout(60)
    assert "413" in said
    assert 200 <= sent < 260
    assert settled(site) == []


@pytest.mark.parametrize("path", ADDRESSES)
def test_e2_a_form_of_many_files_is_stopped_at_the_first_too_many(path: str, site: Site) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\na\r\n'
    with closing(socket.create_connection(("127.0.0.1", site.port), 20)) as wire:
        kind = "Content-Type: multipart/form-data; boundary=x"
        wire.sendall(head(path, kind, f"Content-Length: {100 * MB}"))
        wire.sendall(part * 22)
        assert "413" in answered(wire)
    assert settled(site) == []


def test_e2_every_address_that_takes_a_file_is_known_at_the_door() -> None:
    """A form with a file names its kind; whoever adds one has to name its address in UPLOADS."""
    forms = [
        page
        for page in (ROOT / "templates").rglob("*.html")
        if "multipart/form-data" in page.read_text("utf-8")
    ]
    named = {name for page in forms for name in asgi.UPLOADS if f'url "{name}"' in page.read_text()}
    assert len(forms) == len(named) == len(asgi.UPLOADS)
    assert all(asgi.is_upload(path) for path in ADDRESSES)


# Kinds (E3) ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("page.svg", b"<svg onload=alert(1)>"),
        ("model.pkl", b"\x80\x04."),
        ("array.npy", b"\x93NUMPY"),
        ("old.xls", b"\xd0\xcf\x11\xe0"),
        ("book.xlsb", b"PK\x03\x04"),
        ("x.csv;.html", b"a,b\n1,2\n"),
        ("x.csv\x00.exe", b"MZ"),
        ("csv", b"a,b\n1,2\n"),
    ],
)
def test_e3_what_is_no_table_by_its_name_is_not_kept(
    name: str, content: bytes, pm: User, use_case: UseCase, client_of: ClientOf
) -> None:
    path = reverse("prototype_new", args=[use_case.pk])
    answer = client_of(pm).post(path, {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code in {400, 422}
    assert not Dataset.objects.exists()


def test_e3_nothing_that_was_brought_is_served(
    pm: User, use_case: UseCase, client_of: ClientOf
) -> None:
    """A page called a table is kept until the box has read it, and no address gives it back."""
    client = client_of(pm)
    path = reverse("prototype_new", args=[use_case.pk])
    page = b"<!doctype html><script>alert(4711)</script>"
    client.post(path, {"file": SimpleUploadedFile("t.csv", page)})
    row = Prototype.objects.get()
    for route, _parts in routes():
        if "<uuid:prototype>" in route and "<str:" not in route and "prediction>" not in route:
            answer = client.get("/" + route.replace("<uuid:prototype>", str(row.pk)))
            sent = b"".join(answer) if answer.streaming else answer.content
            assert b"alert(4711)" not in sent, route


# Names (E4) ------------------------------------------------------------------------------------

NAMES = (
    "../../etc/passwd.csv",
    "..\\..\\win.csv",
    "/etc/passwd.csv",
    "a\u202egnp.csv",
    "CON.csv",
    "x\x00.csv",
    "a" * 190 + ".csv",
    "\u0430dmin.csv",
    ".htaccess.csv",
    "a\r\nSet-Cookie: x=1.csv",
    "<img src=x onerror=alert(1)>.csv",
    ".csv",
    "....//....//x.csv",
    "e\u0301.csv",
    "%2e%2e%2fx.csv",
    "a\u2066b\u2069.csv",
    "\ufeffx\u200b.csv",
    "😀.csv",
)
FORBIDDEN = set("\r\n\x00/\\\u202e\u2066\u2069\u200b\ufeff\u200e")


def raw(name: str) -> bytes:
    """A form as a script writes it, whose file is called anything."""
    said = f'form-data; name="file"; filename="{name}"; filename*=UTF-8\'\'{quote(name)}'
    head = f"--x\r\nContent-Disposition: {said}\r\nContent-Type: text/csv\r\n\r\n"
    return head.encode() + b"a,b\n1,2\n\r\n--x--\r\n"


def test_e4_hostile_names_are_labels_and_no_more(
    pm: User, use_case: UseCase, client_of: ClientOf
) -> None:
    client = client_of(pm)
    path = reverse("prototype_new", args=[use_case.pk])
    refused = 0
    for name in NAMES:
        Dataset.objects.all().update(name="")
        answer = client.post(path, raw(name), content_type="multipart/form-data; boundary=x")
        if answer.status_code != 302:
            refused += 1
            continue
        table = Dataset.objects.exclude(name="").get()
        assert not FORBIDDEN & set(table.name), name
        assert table.name
        assert table.upload == f"{table.tenant}/tables/{table.sha256}.csv"
        shown = client.get(answer["Location"]).content.decode()
        assert "<img src=x" not in shown
        assert not (FORBIDDEN - set("\r\n/\\")) & set(shown)
    assert refused <= 4, refused


@pytest.mark.parametrize("name", NAMES)
def test_e4_no_header_holds_what_a_name_smuggles(name: str) -> None:
    title = name.removesuffix(".csv")
    answer = attached(b"x", pdf.file_name("2026-11-27", title, "", "csv"), "text/csv")
    header = answer["Content-Disposition"]
    assert header.isascii()
    assert header.isprintable()
    assert not FORBIDDEN & set(pdf.file_name("2026-11-27", title, "", "csv"))
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_e4_the_predictions_file_goes_by_its_id(
    pm: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.finished(use_case)
    assert row.run is not None
    use: Any = Prediction.objects.create(
        run=row.run, name=NAMES[3], upload="x", output="y", status="succeeded"
    )
    store.save("y", b"a\n")
    path = reverse("prediction_file", args=[row.pk, use.pk])
    answer = client_of(pm).get(path)
    assert answer["Content-Disposition"] == f'attachment; filename="predictions-{use.pk}.csv"'

"""F2, F3: paper. Whatever a document says, it fetches nothing; whatever its size, it ends."""

from __future__ import annotations

import io
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pypdf import PdfReader

from planner import pdf, reports
from planner.models import Answer, Decision, Milestone, UseCase, User
from planner.sheets import SHEETS
from planner.sheets.base import LongText
from sandbox.models import RunFailed

MARKER = "marker-4711-of-a-file-that-is-nobodys-business"


class Listener:
    """Something inside the house that a document might ask."""

    def __init__(self) -> None:
        self.hits = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                asked, _who = self.socket.accept()
            except OSError:
                return
            self.hits += 1
            asked.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Counts who asks."""
    found = Listener()
    yield found
    found.socket.close()


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A file of this machine."""
    file = tmp_path / "secret.env"
    file.write_text(MARKER)
    return file


def bait(address: str, file: Path) -> str:
    """Everything by which a document could fetch something."""
    return f"""
    <link rel="stylesheet" href="{address}/a.css"><link rel="attachment" href="file://{file}">
    <link rel="attachment" href="{address}/b"><base href="{address}/">
    <style>@import url("{address}/c.css"); @font-face {{ font-family: x; src: url({address}/d) }}
    p {{ font-family: x; background: url({address}/e) }}
    li {{ list-style-image: url(file://{file}) }}</style><ul><li>x</li></ul>
    <img src="{address}/f.png"><img src="file://{file}"><img src="g.png"><p>text</p>
    <object data="{address}/h"></object><embed src="{address}/i"><iframe src="{address}/j"></iframe>
    <svg xmlns="http://www.w3.org/2000/svg"><image href="{address}/k.png"/>
    <image href="file://{file}"/></svg><a rel="attachment" href="file://{file}">x</a>
    <input type="image" src="{address}/l"><video poster="{address}/m"></video>
    <img srcset="{address}/n 2x"><picture><source srcset="{address}/o"></picture>"""


def everything(printed: bytes) -> str:
    """A PDF with its streams unpacked, and what is written on its pages."""
    parts = [printed]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", printed, re.DOTALL):
        try:
            parts.append(zlib.decompressobj().decompress(stream))
        except zlib.error:
            continue
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(printed)).pages)
    return b"".join(parts).decode("latin-1") + text


def test_f2_a_document_fetches_nothing(listener: Listener, marked: Path) -> None:
    page = f"<!doctype html><title>x</title>{bait(listener.address, marked)}"
    printed = pdf.render(page)
    assert listener.hits == 0
    assert MARKER not in everything(printed)
    assert not PdfReader(io.BytesIO(printed)).attachments


def test_f2_what_people_write_is_text_on_paper_too(
    use_case: UseCase, pm: User, listener: Listener, marked: Path
) -> None:
    lure = bait(listener.address, marked)
    for sheet in SHEETS.values():
        for field in sheet.fields:
            if isinstance(field.kind, LongText):
                Answer.objects.create(
                    use_case=use_case, sheet=sheet.name, field=field.name, value=lure
                )
    Decision.objects.create(use_case=use_case, choice=lure[:200], reason=lure, by=pm)
    Milestone.objects.create(use_case=use_case, title=lure[:200], due="2027-04-05")
    UseCase.objects.filter(pk=use_case.pk).update(title=lure[:120])
    use_case.refresh_from_db()
    for language in ("en", "ja"):
        html = reports.document(use_case, language=language, is_draft=True).html
        assert listener.address in html
        assert "<iframe" not in html
    printed = pdf.render(html)
    assert listener.hits == 0
    assert MARKER not in everything(printed)
    assert not PdfReader(io.BytesIO(printed)).attachments


def test_f3_long_lists_are_cut_and_it_is_said(use_case: UseCase, pm: User) -> None:
    Decision.objects.bulk_create(
        Decision(use_case=use_case, choice=f"No {n}", reason="So", by=pm) for n in range(20_000)
    )
    Milestone.objects.bulk_create(
        Milestone(use_case=use_case, title=f"Day {n}", due="2027-04-05") for n in range(700)
    )
    html = reports.document(use_case, language="en", is_draft=True).html
    assert html.count("<tr") < 1500
    assert "19500 more lines are not printed" in html.replace("\N{NO-BREAK SPACE}", "")
    assert "200 more lines are not printed" in html


HEAVY: dict[str, Callable[[], str]] = {
    "rows": lambda: "<table>" + "<tr><td>1</td><td>x</td></tr>" * 20_000 + "</table>",
    "a word": lambda: f"<p>{'W' * 100_000}</p>",
    "colspan": lambda: "<table><tr><td colspan=100000000>x</td></tr></table>",
    "nested lists": lambda: "<ul><li>" * 3000 + "x" + "</li></ul>" * 3000,
}


@pytest.mark.long
@pytest.mark.parametrize("name", HEAVY)
def test_f3_what_is_too_much_is_printed_or_fails_within_a_minute(name: str) -> None:
    began = time.monotonic()
    with suppress(RunFailed):
        printed = pdf.render(f"<!doctype html><title>x</title>{HEAVY[name]()}")
        assert printed.startswith(b"%PDF")
    assert time.monotonic() - began < 75

"""Paper: the only file that knows how a document becomes a PDF, and what a PDF may be called."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.template.loader import render_to_string

from sandbox import box
from sandbox.messages.legible import legible
from sandbox.models import RunFailed

# What a file name may not hold on some system.
UNSAFE = re.compile(r'[/\\:*?"<>|]+')


def render(html: str, *, is_wanted: Callable[[], bool] = lambda: True) -> bytes:
    """Make a document's PDF behind the wall; `is_wanted` is asked now and then whether to go on."""
    job = {"job": "render", "file": "document.html"}

    def wish(_progress: object) -> box.Wish:
        return box.Wish.GO_ON if is_wanted() else box.Wish.CANCEL

    with TemporaryDirectory() as folder:
        page = Path(folder) / "document.html"
        page.write_text(html, encoding="utf-8")
        with box.run(job, {"document.html": page}, on_progress=wish) as outcome:
            if not outcome.has_succeeded:
                failure = outcome.failure
                raise RunFailed(failure.get("code", outcome.status.value), failure.get("params"))
            return (outcome.out / "page.pdf").read_bytes()


def picture(source: str | bytes, context: Mapping[str, Any] | None = None) -> str:
    """Make an SVG – its bytes, or a template and its context – into a link a document can hold."""
    svg = render_to_string(source, dict(context or {})) if isinstance(source, str) else source
    drawn = svg.encode() if isinstance(svg, str) else svg
    return "data:image/svg+xml;base64," + base64.b64encode(drawn).decode("ascii")


def file_name(day: str, title: str, kind: str, ending: str = "pdf") -> str:
    """Name a file after its day, title and kind, with nothing in it that a system refuses."""
    return "_".join(part for part in (day, as_name(title), kind) if part) + f".{ending}"


def as_name(title: str) -> str:
    """A title as the name of a folder, with nothing in it that a system refuses."""
    words = UNSAFE.sub(" ", legible(title, most=200))
    return re.sub(r"[\s_]+", "_", words).strip("._ ")[:60].rstrip("._ ")

"""How long a report takes and how much memory, as a ratio to Chromium's print of the same HTML."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAGES = (5, 20)
LIMIT = 120  # seconds for one print, before it counts as failed
ROOT = Path(__file__).resolve().parents[1]


def html(sections: int) -> str:
    """A document in the report's own style: headings, tables, a drawing, Japanese text."""
    style = (ROOT / "templates/reports/report.css").read_text(encoding="utf-8")
    style = style.replace("{% if watermark %}", "/*").replace("{% endif %}", "*/")
    drawing = (ROOT / "templates/reports/mark.svg").read_bytes()
    source = "data:image/svg+xml;base64," + base64.b64encode(drawing).decode()
    row = "<tr><th>評価指標</th><td>発売日の前日に、好きなブランドを会員に知らせる。</td></tr>"
    part = (
        '<section class="section own-page"><h2 class="title">ユースケース</h2>'
        f'<p class="lead">一周するたびに、次の一周が楽になります。</p><table class="table answers">'
        f'<colgroup><col class="w-label"><col></colgroup>{row * 22}</table>'
        f'<figure><img src="{source}" alt="図"></figure></section>'
    )
    head = (
        f'<html lang="ja"><head><meta charset="utf-8"><title>報告書</title><style>{style}</style>'
    )
    return f"<!doctype html>{head}</head><body>{part * sections}</body></html>"


def measured(command: list[str]) -> tuple[float, int] | None:
    """Seconds of a command, and MB at the peak of its largest process; None when it failed."""
    code = (
        "import json, resource, subprocess, sys, time\n"
        "begun = time.monotonic()\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True, check=False)\n"
        "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024\n"
        "print(json.dumps([done.returncode, time.monotonic() - begun, peak]))\n"
    )
    try:
        said = subprocess.run(
            [sys.executable, "-c", code, *command],
            capture_output=True,
            timeout=LIMIT,
            check=True,
            cwd=ROOT,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    status, seconds, peak = json.loads(said.stdout)
    return (seconds, peak) if status == 0 else None


def ours(folder: Path, page: Path) -> list[str]:
    """The command of the engine's render job on a page."""
    job = folder / f"job-{time.monotonic_ns()}"
    (job / "in").mkdir(parents=True)
    shutil.copy(page, job / "in" / "page.html")
    (job / "job.json").write_text(json.dumps({"job": "render", "file": "page.html"}))
    return [sys.executable, "-m", "sandbox.engine.runner", str(job)]


def chromium(folder: Path, page: Path) -> list[str]:
    """The command of Chromium's print of a page; empty where there is no Chromium."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    profile = f"--user-data-dir={folder / 'profile'}"
    printed = f"--print-to-pdf={folder / 'page.pdf'}"
    return [path, *flags, profile, printed, page.as_uri()] if path else []


def main() -> int:
    """Print one table; the ratio is what to watch, not the seconds of this machine."""
    print(f"{'pages':>6} {'s':>7} {'MB':>6} {'Chromium s':>11} {'MB':>6} {'time':>6} {'memory':>7}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for pages in PAGES:
            page = folder / f"{pages}.html"
            page.write_text(html(pages), encoding="utf-8")
            mine = measured(ours(folder, page))
            if mine is None:
                print(f"{pages:>6} the report was not made")
                return 1
            line = f"{pages:>6} {mine[0]:>7.1f} {mine[1]:>6}"
            command = chromium(folder, page)
            theirs = measured(command) if command else None
            if theirs is None:
                print(f"{line}   no Chromium to compare with")
                continue
            ratios = f"{mine[0] / theirs[0]:>5.1f}× {mine[1] / theirs[1]:>6.1f}×"
            print(f"{line} {theirs[0]:>11.1f} {theirs[1]:>6} {ratios}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

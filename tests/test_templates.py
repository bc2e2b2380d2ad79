"""What no template may hold (the content policy would stop it), and that what it names exists."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Reports are paper: WeasyPrint reads them, no browser and no policy.
PAGES = [page for page in TEMPLATES if "reports" not in page.relative_to(ROOT).parts]
STATIC = [ROOT / "planner/static/planner", ROOT / "workshops/static/workshops"]
FORBIDDEN = {
    "an inline script": r"<script(?![^>]*\ssrc=)[^>]*>",
    "an inline style sheet": r"<style[\s>]",
    "a style attribute": r"\sstyle\s*=",
    "an event attribute": r"<[^>{]*\son[a-z]+\s*=",
    "hx-on": r"\s(data-)?hx-on",
    "a js: value": r"""["'\s](js|javascript):""",
    "a trigger filter": r"""hx-trigger=["'][^"']*\[""",
    "a swap that empties fields": r"""hx-swap=["']innerHTML""",
    "another host's file": r"""<(script|link|img|source)[^>]*\s(src|href|srcset)=["'](http|//)""",
}
BUDGET = 60_000  # bytes of gzipped script; a first visit goes over the venue's Wi-Fi


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_holds_nothing_that_the_policy_stops(page: Path) -> None:
    text = re.sub(
        r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", page.read_text(), flags=re.S
    )
    assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text, re.I)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_icon_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    files = re.findall(r"""\{%\s*static\s+["']([^"']+)["']""", text)
    assert [name for name in files if finders.find(name) is None] == []
    sprite = (STATIC[0] / "vendor/icons.svg").read_text()
    icons = re.findall(r"""components/icon\.html["'] with name=["']([\w-]+)["']""", text)
    assert [name for name in icons if f'id="{name}"' not in sprite] == []


def test_every_form_that_posts_carries_its_token() -> None:
    form = re.compile(r"<form\b(?=[^>]*method=[\"']post).*?</form>", re.S | re.I)
    without = [
        str(page.relative_to(ROOT))
        for page in PAGES
        for found in form.findall(page.read_text())
        if "csrf_token" not in found
    ]
    assert without == []


def test_all_scripts_together_stay_small() -> None:
    scripts = [script for folder in STATIC for script in folder.rglob("*.js")]
    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) < BUDGET


def test_a_module_is_named_after_its_tag_and_every_import_exists() -> None:
    for folder in STATIC:
        for script in folder.glob("js/*.js"):
            text = script.read_text()
            assert re.findall(r'customElements\.define\("([\w-]+)"', text) in ([], [script.stem])
            for name in re.findall(r'(?:from|import) "(\.[^"]+)"', text):
                assert (script.parent / name).resolve().is_file(), f"{script.name} imports {name}"

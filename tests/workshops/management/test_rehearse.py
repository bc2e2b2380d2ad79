"""`manage.py rehearse`: a whole workshop by itself, its three papers, and nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

WORDS = {
    "en": ("Rehearsal", "ROC AUC", "RMSE", "Baseline"),
    "ja": ("リハーサル", "ROC AUC", "RMSE", "ベースライン"),
}
# Long enough in one language to train what beats a baseline; the other one is for the papers.
SECONDS = {"en": "45", "ja": "5"}


@pytest.fixture(scope="module", params=["en", "ja"])
def rehearsed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder that a rehearsal left, and what it said."""
    out = tmp_path_factory.mktemp("rehearsal")
    own = ("BROKER_URL", "BROKER_URL_FILE", "DATABASE_URL", "DATABASE_URL_FILE")
    done = subprocess.run(
        [
            *(sys.executable, "manage.py", "rehearse", "--out", str(out / "papers")),
            *("--language", request.param, "--seconds", SECONDS[request.param]),
        ],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in os.environ.items() if name not in own},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return request.param, out / "papers", done.stdout


def text_of(path: Path) -> list[str]:
    """Each page of a PDF in one line."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(path).pages]


def faces(path: Path) -> dict[str, bool]:
    """Each font of a PDF by name, and whether its shapes are inside."""
    found = {}
    for page in PdfReader(path).pages:
        resources = page["/Resources"].get_object()
        assert isinstance(resources, DictionaryObject)
        for font in resources.get("/Font", {}).values():
            face = font.get_object()
            inner = face["/DescendantFonts"][0].get_object() if "/DescendantFonts" in face else face
            shapes = {"/FontFile", "/FontFile2", "/FontFile3"}
            found[str(face["/BaseFont"])] = bool(shapes & set(inner["/FontDescriptor"]))
    return found


def test_the_papers_are_there_and_the_house_is_gone(rehearsed: Any) -> None:
    _language, out, said = rehearsed
    assert {path.name for path in out.iterdir()} == {
        "workshop.pdf",
        "use_case.pdf",
        "workshop.json",
    }
    assert "workshop.json" in said


@pytest.mark.parametrize("name", ["workshop.pdf", "use_case.pdf"])
def test_a_paper_is_numbered_searchable_and_carries_its_fonts(name: str, rehearsed: Any) -> None:
    _language, out, _said = rehearsed
    pages = text_of(out / name)
    assert len(pages) > 4
    assert f"2 / {len(pages)}" in pages[1]
    assert PdfReader(out / name).metadata
    assert faces(out / name)
    assert all(faces(out / name).values()), faces(out / name)


def test_the_workshops_paper_names_both_teams_and_both_metrics(rehearsed: Any) -> None:
    language, out, _said = rehearsed
    text = " ".join(text_of(out / "workshop.pdf"))
    for word in WORDS[language]:
        assert word in text, word
    made = json.loads((out / "workshop.json").read_text("utf-8"))
    for team in made["teams"]:
        assert team["name"] in text
    # A title may be broken into lines, with or without a space in between.
    first = made["teams"][0]["use_cases"][0]["title"].replace(" ", "")
    assert first in "".join(text_of(out / "use_case.pdf")).replace(" ", "")


def test_the_file_for_machines_has_two_teams_that_beat_their_baselines(rehearsed: Any) -> None:
    language, out, _said = rehearsed
    made = json.loads((out / "workshop.json").read_text("utf-8"))
    assert (made["state"], made["language"], len(made["teams"])) == ("closed", language, 2)
    assert len(made["people"]) == 7
    for team in made["teams"]:
        runs = [prototype for case in team["use_cases"] for prototype in case.get("prototypes", [])]
        assert [run["status"] for run in runs] == ["succeeded"], team["name"]
        if language == "en":
            beats_its_baseline(runs[0])


def beats_its_baseline(prototype: dict[str, Any]) -> None:
    """The best model's whole interval stands on the better side of the baseline."""
    result = prototype["result"]
    rows = {row["model"]: row for row in result["leaderboard"]}
    best, baseline = rows[result["best"]], result["baseline"]
    assert result["best"] != baseline["name"]
    low, high = best["interval"]
    if result["metric_direction"] == "higher":
        assert low > baseline["validation"]
    else:
        assert high < baseline["validation"]


def test_no_process_stays_behind(rehearsed: Any) -> None:
    _language, out, _said = rehearsed
    left = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(out).encode() in entry.read_bytes():
                left.append(entry.parent.name)
        except OSError:
            continue
    assert left == []

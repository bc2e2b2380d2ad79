"""Drawings for pages and reports, in the light and in the dark."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from sandbox import queries, store
from sandbox.models import Dataset, Run

DRAWING = '<svg><g fill="#1F5F6B" stroke="#505b69">顧客 #1c2430</g></svg>'


@pytest.fixture
def run() -> Run:
    """A finished run with one drawing."""
    store.save("runs/1/1/charts/importance.ja.svg", DRAWING.encode())
    return Run(files="runs/1/1", result={"charts": ["importance"]})


def test_a_drawing_changes_its_colours_in_the_dark(run: Run) -> None:
    assert queries.chart(run, "importance", "ja") == DRAWING.encode()
    dark = queries.chart(run, "importance", "ja", "dark").decode()
    assert dark == '<svg><g fill="#7cc4cf" stroke="#a9b4c0">顧客 #e9edf1</g></svg>'


def test_the_colours_are_the_design_tokens() -> None:
    tokens = settings.BASE_DIR / "planner" / "static" / "planner" / "css" / "tokens.css"
    pairs = re.findall(r"light-dark\(\s*(#\w{6}),\s*(#\w{6})\s*\)", tokens.read_text())
    assert set(queries.DARK.items()) <= set(pairs)


@pytest.mark.parametrize(
    ("name", "language"),
    [("other", "ja"), ("importance", "fr"), ("../importance", "ja"), ("importance", "en")],
)
def test_an_unknown_drawing_is_not_found(run: Run, name: str, language: str) -> None:
    with pytest.raises(FileNotFoundError):
        queries.chart(run, name, language)


@pytest.mark.django_db
def test_each_kind_of_job_has_its_pile() -> None:
    now = timezone.now()
    table = Dataset.objects.create(name="a", size=5, created_at=now - timedelta(minutes=1))
    Dataset.objects.create(name="b", size=7)
    Run.objects.create(
        dataset=table, status="failed", started_at=now - timedelta(seconds=4), finished_at=now
    )
    old = now - timedelta(hours=3)
    Run.objects.create(dataset=table, status="failed", started_at=old, finished_at=old)
    piles = {pile.kind: pile for pile in queries.piles()}
    tables, runs = piles["dataset"], piles["run"]
    assert (tables.queue, runs.queue) == ("parse", "cpu")
    assert (tables.by_status["queued"], runs.by_status["failed"]) == (2, 2)
    assert tables.oldest_waiting >= 60
    assert runs.seconds == (4.0,)
    assert runs.last_taken == now - timedelta(seconds=4)
    assert tables.last_taken is None
    assert queries.stored() == {"tables": 12, "models": 0}

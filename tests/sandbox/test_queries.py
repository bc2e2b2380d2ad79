"""Drawings for pages and reports, in the light and in the dark."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from sandbox import queries, store
from sandbox.models import Dataset, Run, Status

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


def waits(tenant: str, minutes_ago: int, status: Status = Status.QUEUED) -> Run:
    """A run of a tenant that came some minutes ago."""
    table, _is_new = Dataset.objects.get_or_create(name="t", size=1)
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return Run.objects.create(
        dataset=table, spec="regression", tenant=tenant, created_at=at, status=status,
        started_at=None if status == Status.QUEUED else at,
    )  # fmt: skip


@pytest.mark.django_db
def test_teams_take_turns_and_the_one_not_served_for_longest_comes_first() -> None:
    waits("b", 60, Status.SUCCEEDED)
    waits("c", 90, Status.SUCCEEDED)
    jobs = [waits("a", 9), waits("a", 8), waits("a", 7), waits("b", 6), waits("c", 5)]
    a1, a2, a3, b1, c1 = (job.pk for job in jobs)
    # Team a was never served; after one turn of each, a has had one and goes on alone.
    assert [job.pk for job in queries.line("cpu")] == [a1, c1, b1, a2, a3]
    assert queries.ahead(jobs[3]) == 2
    assert queries.places("cpu")[a3] == 4


@pytest.mark.django_db
def test_a_team_with_something_running_waits_behind_the_others_and_for_its_own() -> None:
    running = waits("a", 10, Status.RUNNING)
    mine, theirs = waits("a", 9), waits("b", 1)
    assert [job.pk for job in queries.line("cpu")] == [theirs.pk, mine.pk]
    assert [job.pk for job in queries.ready("cpu")] == [theirs.pk]
    assert (queries.is_held_back(mine), queries.is_held_back(theirs)) == (True, False)
    assert queries.ahead(running) is None
    running.cancel()
    assert not queries.is_held_back(mine)


@pytest.mark.django_db
def test_the_command_line_has_no_share_and_queues_do_not_mix() -> None:
    for _ in range(3):
        waits("", 1, Status.RUNNING)
    mine = waits("", 1)
    assert [job.pk for job in queries.ready("cpu")] == [mine.pk]
    assert queries.line("gpu") == []
    assert [type(job) for job in queries.line("parse")] == [Dataset]

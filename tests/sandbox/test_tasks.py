"""Doorbells: delivered twice, trains once; a worker that lost its claim writes nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone

from sandbox import actions, box, queries, store, tasks
from sandbox.models import Dataset, Model, Prediction, Run, Status
from tests.sandbox.fake_box import PROGRESS, STOPPED, TRAINED, FakeBox

pytestmark = pytest.mark.django_db

CSV = b"a,b,left\n1,2,yes\n3,4,no\n"


@pytest.fixture
def dataset(fake_box: FakeBox) -> Dataset:
    """A table that was read."""
    brought = actions.bring_upload(name="customers.csv", file=ContentFile(CSV))
    tasks.profile(str(brought.pk))
    brought.refresh_from_db()
    fake_box.jobs.clear()
    return brought


@pytest.fixture
def run(dataset: Dataset) -> Run:
    """A run that waits."""
    return actions.start_run(dataset=dataset, spec="classification", asked={"target": "left"})


def silent(job: Run | Dataset) -> None:
    """Let the lease of a job's worker run out."""
    past = timezone.now() - timedelta(seconds=1)
    type(job).objects.filter(pk=job.pk).update(lease_until=past)


def test_a_table_is_read_once(dataset: Dataset, fake_box: FakeBox) -> None:
    tasks.profile(str(dataset.pk))
    assert fake_box.jobs == []
    assert dataset.has_succeeded
    assert dataset.result["rows"] == 2
    assert store.read(dataset.table) == CSV


def test_a_run_delivered_twice_trains_once(run: Run, fake_box: FakeBox) -> None:
    tasks.train(str(run.pk))
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert len(fake_box.jobs) == 1
    assert run.status == Status.SUCCEEDED
    assert run.progress == PROGRESS
    assert run.result["best"] == TRAINED["best"]
    assert run.box_level == "rlimits"
    assert run.model.learner == "boosting"
    assert store.read(f"{run.model.files}/model.json") == b"{}"
    assert b"#1f5f6b" in queries.chart(run, "leaderboard", "ja")


def test_the_box_gets_the_words_of_every_language(run: Run, fake_box: FakeBox) -> None:
    tasks.train(str(run.pk))
    (job,) = fake_box.jobs
    assert set(job["words"]) == {"en", "ja"}
    assert job["words"]["en"] != job["words"]["ja"]
    assert job["threads"] == settings.RUN_THREADS


def test_a_worker_that_lost_its_claim_writes_nothing(run: Run, fake_box: FakeBox) -> None:
    def another_takes_over() -> None:
        fake_box.meanwhile = lambda: None
        silent(run)
        tasks.train(str(run.pk))

    fake_box.meanwhile = another_takes_over
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert len(fake_box.jobs) == 2
    assert run.fence == 2
    assert run.files == f"shared/runs/{run.pk}/2"
    assert Model.objects.count() == 1
    assert store.read(f"{run.files}/result.json")
    with pytest.raises(FileNotFoundError):
        store.read(f"shared/runs/{run.pk}/1/result.json")


def test_a_cancelled_run_stays_cancelled(run: Run, fake_box: FakeBox) -> None:
    def somebody_cancels() -> None:
        actions.cancel(job=run)

    fake_box.meanwhile = somebody_cancels
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.status == Status.CANCELLED
    assert run.result == {}
    assert not Model.objects.exists()
    assert actions.cancel(job=run) is False


def test_a_run_that_was_cancelled_while_it_waited_never_trains(run: Run, fake_box: FakeBox) -> None:
    actions.cancel(job=run)
    tasks.train(str(run.pk))
    assert fake_box.jobs == []


def test_a_run_that_has_enough_ends_with_the_best_so_far(run: Run, fake_box: FakeBox) -> None:
    assert actions.enough(job=run) is True
    assert actions.enough(job=run) is True, "a second click changes nothing"
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.status == Status.SUCCEEDED
    assert run.result["warnings"] == STOPPED
    assert run.model.learner == "boosting"
    assert actions.enough(job=run) is False


def test_a_worker_hears_each_wish(run: Run) -> None:
    claimed = Run.objects.claim(run.pk)
    assert claimed
    assert tasks.sign_of_life(claimed, PROGRESS) is box.Wish.GO_ON
    actions.enough(job=run)
    assert tasks.sign_of_life(claimed, PROGRESS) is box.Wish.ENOUGH
    actions.cancel(job=run)
    assert tasks.sign_of_life(claimed, PROGRESS) is box.Wish.CANCEL


def test_a_failure_is_kept_with_its_reason(run: Run, fake_box: FakeBox) -> None:
    fake_box.ends(Status.FAILED, "one_class", target="left", label="yes")
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.status == Status.FAILED
    assert run.failure == {"code": "one_class", "params": {"target": "left", "label": "yes"}}
    assert run.files == ""


def test_the_sweep_rings_again_for_what_nobody_heard(
    run: Run, bells: list[tuple[str, str]]
) -> None:
    tasks.sweep()
    assert bells == []
    Run.objects.update(rung_at=timezone.now() - timedelta(minutes=5))
    tasks.sweep()
    tasks.sweep()  # the message just sent gets its time
    assert bells == [("cpu", str(run.pk))]


def test_the_sweep_gives_a_silent_workers_run_to_another(
    run: Run, bells: list[tuple[str, str]], fake_box: FakeBox
) -> None:
    claimed = Run.objects.claim(run.pk)
    assert claimed
    assert Run.objects.claim(run.pk) is None
    silent(run)
    tasks.sweep()
    assert bells == [("cpu", str(run.pk))]
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.status == Status.SUCCEEDED
    assert claimed.renew() is False
    assert claimed.finish(status=Status.CRASHED) is False
    assert claimed.status == Status.SUCCEEDED


def test_what_a_lost_worker_left_is_forgotten(run: Run) -> None:
    assert Run.objects.claim(run.pk)
    store.save(f"shared/runs/{run.pk}/1/charts/half.en.svg", b"<svg")
    silent(run)
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.files == f"shared/runs/{run.pk}/2"
    assert not Path(settings.STORE_URL, f"shared/runs/{run.pk}/1").exists()
    assert store.read(f"{run.files}/result.json")


def test_a_run_that_is_lost_too_often_is_closed(run: Run, bells: list[Any]) -> None:
    for _ in range(settings.RUN_MAX_ATTEMPTS):
        assert Run.objects.claim(run.pk)
        silent(run)
    assert Run.objects.claim(run.pk) is None
    tasks.sweep()
    run.refresh_from_db()
    assert run.status == Status.LOST
    assert bells == []


def test_a_broker_that_is_away_does_not_lose_the_job(
    dataset: Dataset, django_capture_on_commit_callbacks: Any, bells: list[Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run = actions.start_run(dataset=dataset, spec="classification", asked={"target": "left"})
    assert bells == [("cpu", str(run.pk))]
    assert Run.objects.get().status == Status.QUEUED


def test_a_table_whose_file_is_gone_is_tried_again_later(dataset: Dataset, run: Run) -> None:
    Path(settings.STORE_URL, dataset.table).unlink()
    with pytest.raises(FileNotFoundError):
        tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.status == Status.RUNNING


@pytest.fixture
def _no_leaving() -> Iterator[None]:
    yield
    tasks.leave_at.value = math.inf


def test_a_bell_serves_whoever_has_the_turn(
    dataset: Dataset, fake_box: FakeBox, bells: list[Any]
) -> None:
    first, second = (
        Run.objects.create(dataset=dataset, spec="regression", asked={"target": "a"}, tenant=name)
        for name in ("a", "b")
    )
    tasks.serve("cpu", str(second.pk))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (Status.SUCCEEDED, Status.QUEUED)
    assert bells == [("cpu", str(second.pk))], "its own bell is used up, so another is rung"
    tasks.serve("cpu", str(first.pk))
    second.refresh_from_db()
    assert second.status == Status.SUCCEEDED
    tasks.serve("cpu", str(first.pk))
    assert len(fake_box.jobs) == 2


def test_a_team_at_its_cap_is_not_claimed_and_rung_for_when_one_ends(
    dataset: Dataset, fake_box: FakeBox, bells: list[Any]
) -> None:
    Dataset.objects.update(tenant="a")
    dataset.refresh_from_db()
    asked: dict[str, Any] = {
        "dataset": dataset,
        "spec": "classification",
        "asked": {"target": "left"},
    }
    first, second = actions.start_run(**asked), actions.start_run(**asked)

    def meanwhile_its_bell_is_heard() -> None:
        tasks.serve("cpu", str(second.pk))
        assert Run.objects.claim(second.pk) is None
        assert bells == []

    fake_box.meanwhile = meanwhile_its_bell_is_heard
    tasks.serve("cpu", str(first.pk))
    assert bells == [("cpu", str(second.pk))]


@pytest.mark.usefixtures("_no_leaving")
def test_a_worker_that_leaves_gives_its_job_back_and_takes_no_other(
    run: Run, fake_box: FakeBox, bells: list[Any]
) -> None:
    claimed = tasks.claim(Run.objects.all(), str(run.pk))
    assert claimed
    tasks.leave_at.value = 0.0
    assert tasks.sign_of_life(claimed) is box.Wish.CANCEL
    tasks.give_back(claimed)
    assert (claimed.status, claimed.tries, claimed.fence) == (Status.QUEUED, 0, 1)
    tasks.serve("cpu", str(run.pk))
    assert fake_box.jobs == []
    tasks.leave_at.value = math.inf
    tasks.sweep()
    assert bells == [("cpu", str(run.pk))], "the next worker hears of it at once"
    tasks.serve("cpu", str(run.pk))
    claimed.refresh_from_db()
    assert (claimed.status, claimed.tries, claimed.fence) == (Status.SUCCEEDED, 1, 2)


def test_whoever_cannot_show_a_job_holds_up_none(
    run: Run, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[str] = []

    def breaks(job: Any) -> None:
        heard.append(job.status)
        raise RuntimeError(job)

    monkeypatch.setattr(tasks, "hearers", [breaks])
    with django_capture_on_commit_callbacks(execute=True):
        tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.status == Status.SUCCEEDED
    assert heard == [Status.RUNNING, Status.SUCCEEDED]


def test_a_job_that_breaks_off_does_not_take_its_worker_along(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*_: Any, **__: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("sandbox.box.run", too_much)
    tasks.serve("cpu", str(run.pk))
    run.refresh_from_db()
    assert run.status == Status.RUNNING, "it is tried again once its lease has run out"


def test_a_job_that_nobody_can_do_does_not_stand_in_the_way(
    dataset: Dataset, fake_box: FakeBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Prediction.objects.create(run=Run.objects.create(dataset=dataset, spec="regression"))
    second = Dataset.objects.create(name="t.csv", size=1, sha256="", upload=dataset.upload)
    monkeypatch.setattr(Prediction, "bell", "sandbox.unknown")
    tasks.serve("parse", str(first.pk))
    second.refresh_from_db()
    assert second.status == Status.SUCCEEDED

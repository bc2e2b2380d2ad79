"""A run that a GPU can help goes to the workers that have one, as long as they are heard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.core.files.base import ContentFile
from django.db.models.functions import Now

from sandbox import actions, queries, tasks
from sandbox.models import Run, Status, Worker
from tests.sandbox import cards
from tests.sandbox.fake_box import FakeBox

pytestmark = pytest.mark.django_db


@pytest.fixture
def queues() -> Iterator[list[str]]:
    """The queue of each bell that was rung."""
    rung: list[str] = []

    def note(routing_key: str, **_: Any) -> None:
        rung.append(routing_key)

    before_task_publish.connect(note)
    yield rung
    before_task_publish.disconnect(note)


def see(*queues: str, devices: int = 1, name: str = "gpu@host") -> None:
    Worker.objects.see(name, queues=queues, devices=["NVIDIA H100 80GB HBM3"] * devices)


def grow_old(seconds: int) -> None:
    Worker.objects.update(seen_at=Now() - timedelta(seconds=seconds))


def run_of(spec: str) -> Run:
    table = actions.bring_upload(name="t.csv", file=ContentFile(b"a,left\n1,yes\n"))
    queue = tasks.queue_for(spec)
    return Run.objects.create(dataset=table, spec=spec, queue=queue, asked={"target": "left"})


def test_with_no_worker_it_goes_to_the_cpu(queues: list[str]) -> None:
    tasks.ring(run_of("classification"))
    assert queues == ["cpu"]


def test_with_a_gpu_worker_it_goes_to_the_gpu(queues: list[str]) -> None:
    see("gpu")
    tasks.ring(run_of("classification"))
    assert queues == ["gpu"]


def test_what_no_gpu_can_help_stays_away_from_it(queues: list[str]) -> None:
    see("gpu")
    tasks.ring(run_of("clustering"))
    tasks.ring(run_of("a task type of another version"))
    tasks.ring(run_of("regression").dataset)
    assert queues == ["cpu", "cpu", "parse"]


@pytest.mark.parametrize(("served", "devices"), [(("gpu", "cpu"), 0), (("cpu",), 1)])
def test_a_worker_without_a_card_or_of_another_queue_is_none(
    served: tuple[str, ...], devices: int, queues: list[str]
) -> None:
    see(*served, devices=devices)
    tasks.ring(run_of("classification"))
    assert queues == ["cpu"]


def test_a_worker_that_fell_silent_gets_nothing_and_what_waits_goes_elsewhere(
    queues: list[str],
) -> None:
    see("gpu")
    run = run_of("forecasting")
    tasks.ring(run)
    grow_old(61)
    tasks.sweep()
    assert queues == ["gpu", "cpu"]
    see("gpu")
    assert Worker.objects.lend_gpus()


def test_only_workers_seen_lately_are_shown_and_the_long_gone_are_forgotten() -> None:
    see("cpu", name="old@host")
    grow_old(3600)
    see("cpu", "parse", name="cpu@host")
    assert [(one.name, one.queues) for one in queries.workers()] == [("cpu@host", ["cpu", "parse"])]
    Worker.objects.filter(name="old@host").update(seen_at=Now() - timedelta(days=2))
    see("gpu")
    assert not Worker.objects.filter(name="old@host").exists()


def test_the_run_is_lent_a_card_and_keeps_its_name(
    fake_box: FakeBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.machine(tmp_path / "machine", monkeypatch)
    run = run_of("classification")
    tasks.profile(str(run.dataset.pk))
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.status == Status.SUCCEEDED
    assert fake_box.gpus == [None, 0], "reading a table needs no card"
    assert fake_box.jobs[-1]["gpu"] is True
    assert fake_box.jobs[-1]["gpu_driver"] == "535.129.03"
    assert run.device == run.result["device"]["name"] == "cpu", "what it says it learnt on"

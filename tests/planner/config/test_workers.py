"""A worker is seen while it runs, and no longer when it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.conf import settings

from planner.config.workers import Presence
from sandbox.models import Worker

pytestmark = pytest.mark.django_db(transaction=True)


def wait_for(seen: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not seen() and time.monotonic() < until:
        time.sleep(0.05)
    assert seen()


def test_a_worker_is_seen_again_and_again_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WORKER_FRESH_SECONDS", 0.6)
    presence = Presence()
    presence.begin("gpu@host", {"gpu"}, ["NVIDIA H100"])
    presence.begin("gpu@host", {"gpu"}, ["NVIDIA H100"])  # it lost its broker for a while
    wait_for(Worker.objects.exists)
    worker = Worker.objects.get()
    assert (worker.queues, worker.devices) == (["gpu"], ["NVIDIA H100"])
    wait_for(lambda: Worker.objects.get().seen_at > worker.seen_at)
    presence.end("gpu@host")
    assert not Worker.objects.exists()


def test_what_never_began_ends_without_a_word() -> None:
    Presence().end("gpu@host")
    assert not Worker.objects.exists()

"""A fake box, and the bells that were rung."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery.signals import before_task_publish

from tests.sandbox.fake_box import FakeBox


@pytest.fixture
def fake_box(monkeypatch: pytest.MonkeyPatch) -> FakeBox:
    """A box that answers at once."""
    fake = FakeBox()
    monkeypatch.setattr("sandbox.box.run", fake.run)
    return fake


@pytest.fixture
def bells() -> Iterator[list[tuple[str, str]]]:
    """Each queue that was rung for, with the job's id; there is no broker to take it."""
    rung: list[tuple[str, str]] = []

    def note(body: Any, **_: Any) -> None:
        rung.append(tuple(body[0]))

    before_task_publish.connect(note)
    yield rung
    before_task_publish.disconnect(note)

"""/health says how the installation is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sandbox import broker
from sandbox.box import walls


@pytest.fixture
def with_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A broker that answers."""
    from celery import current_app

    with broker.private(tmp_path / "broker") as url:
        monkeypatch.setitem(current_app.conf, "broker_url", url)
        yield url


@pytest.mark.django_db
def test_a_healthy_installation_says_what_it_runs_on(client: Client, with_broker: str) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200, answer.json()
    said = answer.json()
    assert said["status"] == "ok"
    assert said["broker"] == "redis"
    assert said["box"] in walls.WALLS
    kinds = ("dataset", "run", "prediction", "report", "package")
    assert said["waiting"] == dict.fromkeys(kinds, 0)


@pytest.mark.django_db
def test_without_a_broker_it_is_503_and_says_which_part(client: Client) -> None:
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["broker"] is None
    assert answer.json()["database"]


@pytest.mark.django_db
def test_a_wall_that_is_too_weak_is_503(
    client: Client, with_broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walls, "_strongest", lambda: None)
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["box"] is None


def test_it_only_reads(client: Client) -> None:
    assert client.post("/health").status_code == 405

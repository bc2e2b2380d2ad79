"""/health says how the installation is: one word for everybody, the parts for operators (A4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from planner.config import health
from planner.models import User
from sandbox import broker
from sandbox.box import walls

ELSEWHERE: Any = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture
def with_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A broker that answers."""
    from celery import current_app

    with broker.private(tmp_path / "broker") as url:
        monkeypatch.setitem(current_app.conf, "broker_url", url)
        yield url


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "REMEMBERED", -1.0)


@pytest.mark.django_db
def test_a_healthy_installation_says_what_it_runs_on(client: Client, with_broker: str) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200, answer.json()
    said = answer.json()
    assert said["status"] == "ok"
    assert said["database"] == "sqlite"
    assert said["broker"] == "redis"
    assert said["box"] == said["wall"]["level"] in walls.WALLS
    assert {"limits", "landlock", "seccomp", "namespaces", "cgroup"} <= set(said["wall"])
    assert said["wall"]["seconds_ago"] <= 600
    assert set(said["jobs"]) == {"dataset", "run", "prediction", "report", "package"}
    assert said["jobs"]["run"]["waiting"] == 0
    assert said["disk_free"] > 0


@pytest.mark.django_db
def test_a_stranger_hears_one_word(client: Client, with_broker: str) -> None:
    assert client.get("/health", **ELSEWHERE).json() == {"status": "ok"}
    behind_a_proxy = {"X-Forwarded-For": "203.0.113.7"}
    assert client.get("/health", headers=behind_a_proxy).json() == {"status": "ok"}


@pytest.mark.django_db
def test_the_token_and_the_administration_see_the_parts(
    client: Client, with_broker: str, settings: Any, facilitator: User
) -> None:
    settings.METRICS_TOKEN = "a-token-of-some-length"
    shown = {"Authorization": "Bearer a-token-of-some-length"}
    assert "jobs" in client.get("/health", headers=shown, **ELSEWHERE).json()
    assert client.get("/health").json() == {"status": "ok"}
    client.force_login(facilitator)
    assert client.get("/health", **ELSEWHERE).json() == {"status": "ok"}
    User.objects.filter(pk=facilitator.pk).update(is_staff=True)
    assert "jobs" in client.get("/health", **ELSEWHERE).json()


@pytest.mark.django_db
def test_without_a_broker_it_is_503_and_says_which_part(client: Client) -> None:
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["broker"] is None
    assert answer.json()["database"]
    assert client.get("/health", **ELSEWHERE).json() == {"status": "wrong"}


@pytest.mark.django_db
def test_a_wall_that_is_too_weak_is_503(
    client: Client, with_broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walls, "_strongest", lambda: None)
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["box"] is None


def test_it_only_reads(client: Client) -> None:
    for path in ("/health", "/live", "/ready", "/metrics"):
        assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_a_process_that_is_up_is_live_and_with_its_tables_ready(client: Client) -> None:
    assert client.get("/live").content == b"live\n"
    assert client.get("/ready").status_code == 200


def test_a_process_whose_database_is_away_is_live_and_not_ready(client: Client) -> None:
    # No database mark: whoever asks the database here is refused.
    assert client.get("/live").status_code == 200
    assert client.get("/ready").status_code == 503

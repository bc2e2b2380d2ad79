"""/metrics: the figures for the monitor, in Prometheus' format, and nothing for anybody else."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families as families

from sandbox.models import Dataset, Run, Status

pytestmark = pytest.mark.django_db


def figures(client: Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every figure by its name and labels, as a monitor reads them."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families(answer.content.decode())
        for sample in family.samples
    }


def named(found: dict[Any, float], name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def test_requests_are_counted_by_route_and_never_by_address(client: Client) -> None:
    labels = {"route": "join", "method": "GET", "status": "422"}
    client.get("/j/QQQQQQ")
    before = named(figures(client), "hazumi_requests_total", **labels)
    client.get("/j/QQQQQQ")
    client.get("/no/such/address")
    after = figures(client)
    assert named(after, "hazumi_requests_total", **labels) == before + 1
    assert named(after, "hazumi_request_seconds_count", route="join") >= 2
    assert ("hazumi_request_seconds_count", (("route", "none"),)) in after
    assert b"QQQQQQ" not in client.get("/metrics").content


def test_jobs_are_counted_by_where_they_stand(client: Client) -> None:
    now = timezone.now()
    table = Dataset.objects.create(name="a", size=1000, created_at=now - timedelta(minutes=5))
    ended = {"status": Status.SUCCEEDED, "finished_at": now, "fence": 2}
    Run.objects.create(dataset=table, spec="x", started_at=now - timedelta(seconds=7), **ended)
    found = figures(client)
    assert named(found, "hazumi_jobs", kind="dataset", queue="parse", status="queued") == 1
    assert named(found, "hazumi_jobs", kind="run", queue="cpu", status="succeeded") == 1
    assert named(found, "hazumi_jobs", kind="report", queue="render", status="running") == 0
    assert named(found, "hazumi_job_oldest_waiting_seconds", kind="dataset") >= 300
    assert named(found, "hazumi_job_oldest_waiting_seconds", kind="run") == 0
    assert named(found, "hazumi_job_seconds_bucket", kind="run", le="3") == 0
    assert named(found, "hazumi_job_seconds_bucket", kind="run", le="10") == 1
    assert named(found, "hazumi_jobs_tried_again", kind="run") == 1
    assert named(found, "hazumi_store_bytes", kind="tables") == 1000
    assert named(found, "hazumi_database_up") == 1
    assert sum(value for (name, _labels), value in found.items() if name == "hazumi_box_level") == 1


def test_nobody_else_finds_anything(client: Client, settings: Any) -> None:
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.7").status_code == 404
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert client.get("/metrics", headers={header: "203.0.113.7"}).status_code == 404
    settings.METRICS_TOKEN = "a-token-of-some-length"
    assert client.get("/metrics").status_code == 404
    for shown in ("Bearer another", "Basic a-token-of-some-length", "Bearer à"):
        assert client.get("/metrics", headers={"Authorization": shown}).status_code == 404
    right = {"Authorization": "Bearer a-token-of-some-length"}
    assert client.get("/metrics", headers=right, REMOTE_ADDR="203.0.113.7").status_code == 200


TWO = """
import django, os
django.setup()
from planner.config.access import REQUESTS
if child := os.fork():
    os.waitpid(child, 0)
    REQUESTS.labels("home", "GET", 200).inc()
    from prometheus_client import generate_latest
    from planner.config.metrics import processes
    print(generate_latest(processes()).decode())
else:
    REQUESTS.labels("home", "GET", 200).inc()
    os._exit(0)
"""


@pytest.fixture
def shared(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "figures"
    folder.mkdir()
    return os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "planner.config.settings",
    }


def test_several_processes_are_counted_together(shared: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO],
        env=shared,
        cwd=configured.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wanted = 'hazumi_requests_total{method="GET",route="home",status="200"} 2.0'
    assert wanted in done.stdout

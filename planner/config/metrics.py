"""/metrics for Prometheus: what this process counted, and what the database says of jobs."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from planner.config.operators import is_operator
from sandbox import box, queries

log = logging.getLogger(__name__)

BUCKETS = (0.3, 1, 3, 10, 30, 60, 120, 300, 600)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures in Prometheus' text format, for the monitor; nothing here for anybody else."""
    if not is_operator(request):
        raise Http404
    house = CollectorRegistry()
    house.register(House())
    pages = generate_latest(processes()) + generate_latest(house)
    return HttpResponse(pages, content_type=CONTENT_TYPE_LATEST)


def processes() -> CollectorRegistry:
    """What this process counted; all of them together where PROMETHEUS_MULTIPROC_DIR is set."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


class House(Collector):
    """What is true of the whole installation, looked up when somebody asks."""

    def collect(self) -> Iterator[Metric]:
        """Jobs, store, disk and wall; a database that is away costs its own figures only."""
        is_up = 1
        try:
            yield from jobs()
            yield kept()
        except DatabaseError:
            log.exception("The figures of jobs cannot be read")
            is_up = 0
        yield GaugeMetricFamily("hazumi_database_up", "Whether the database answers.", is_up)
        yield GaugeMetricFamily("hazumi_disk_free_bytes", "Free where files are.", disk_free())
        yield wall()


def jobs() -> Iterator[Metric]:
    """How many jobs stand where, how long the oldest has waited, how the last hour's went."""
    count = GaugeMetricFamily("hazumi_jobs", "Jobs.", labels=("kind", "queue", "status"))
    oldest = GaugeMetricFamily(
        "hazumi_job_oldest_waiting_seconds", "Age of the oldest job that waits.", labels=("kind",)
    )
    again = GaugeMetricFamily(
        "hazumi_jobs_tried_again",
        "Jobs that ended within the hour and needed more than one try.",
        labels=("kind",),
    )
    seconds = GaugeHistogramMetricFamily(
        "hazumi_job_seconds", "From start to end, of jobs of the last hour.", labels=("kind",)
    )
    for pile in queries.piles():
        for status, number in pile.by_status.items():
            count.add_metric((pile.kind, pile.queue, status), number)
        oldest.add_metric((pile.kind,), pile.oldest_waiting)
        again.add_metric((pile.kind,), pile.tried_again)
        within = [(str(at), sum(each <= at for each in pile.seconds)) for at in BUCKETS]
        within.append(("+Inf", len(pile.seconds)))
        seconds.add_metric((pile.kind,), within, gsum_value=sum(pile.seconds))
    yield from (count, oldest, again, seconds)


def kept() -> Metric:
    """Bytes in the store, as the rows that own them say: walking a bucket would take minutes."""
    family = GaugeMetricFamily("hazumi_store_bytes", "Bytes kept.", labels=("kind",))
    for kind, size in queries.stored().items():
        family.add_metric((kind,), size)
    return family


def disk_free() -> int:
    """Bytes left where files are kept: the folder store, or what stands beside a bucket."""
    is_bucket = settings.STORE_URL.startswith("s3://")
    place = Path(settings.VAR_DIR if is_bucket else settings.STORE_URL).resolve()
    there = next(each for each in (place, *place.parents) if each.exists())
    return shutil.disk_usage(there).free


def wall() -> Metric:
    """The level of the wall as this process proves it."""
    family = GaugeMetricFamily("hazumi_box_level", "1 for the level in force.", labels=("level",))
    try:
        family.add_metric((box.level(),), 1)
    except ImproperlyConfigured:
        family.add_metric(("none",), 1)
    return family

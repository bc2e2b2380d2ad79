"""Reads for pages, the API and reports: a run's drawings, the samples, whose turn it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Max, Min, Sum
from django.utils import timezone

from sandbox import store
from sandbox.models import (
    Dataset,
    Job,
    JobQuerySet,
    Model,
    Prediction,
    Run,
    Status,
    Worker,
    queues,
)
from sandbox.samples import SAMPLES, Sample

# The drawings use the light colours of the design tokens; these are their partners in the dark.
DARK = {
    "#1c2430": "#e9edf1",
    "#505b69": "#a9b4c0",
    "#ddd8cc": "#343d47",
    "#1f5f6b": "#7cc4cf",
    "#a8431a": "#f0a27c",
}
_LIGHT = re.compile("|".join(DARK), re.IGNORECASE)


def chart(run: Run, name: str, language: str, theme: str = "light") -> bytes:
    """One drawing of a run as SVG; FileNotFoundError when the run has none of this name."""
    known = name in run.result.get("charts", ()) and language in dict(settings.LANGUAGES)
    if not (known and run.files):
        raise FileNotFoundError(name)
    drawing = store.read(f"{run.files}/charts/{name}.{language}.svg")
    return in_the_dark(drawing) if theme == "dark" else drawing


def in_the_dark(drawing: bytes) -> bytes:
    """The same drawing for dark pages."""
    swapped = _LIGHT.sub(lambda found: DARK[found[0].lower()], drawing.decode("utf-8"))
    return swapped.encode()


def predictions(prediction: Prediction) -> IO[bytes]:
    """The predictions of a table, open for reading; FileNotFoundError when there are none."""
    if not (prediction.has_succeeded and prediction.output):
        raise FileNotFoundError(prediction.pk)
    return store.open_file(prediction.output)


@dataclass(frozen=True)
class Usage:
    """How many bytes somebody keeps, of how many; without a limit `most` is 0."""

    used: int
    most: int

    @property
    def percent(self) -> int:
        """How full it is, from 0 to 100."""
        return min(100, round(100 * self.used / self.most)) if self.most else 0


def usage(tenant: str) -> Usage:
    """What somebody's files take, as they lie there; what belongs to nobody has no limit."""
    return Usage(store.used(tenant), settings.TENANT_BYTES if tenant else 0)


def samples() -> list[Sample]:
    """The tables that ship with the product."""
    return list(SAMPLES.values())


@dataclass(frozen=True)
class Pile:
    """The jobs of one kind: where they stand, and how those went that ended within the hour."""

    kind: str
    queue: str
    by_status: Mapping[str, int]
    oldest_waiting: float  # seconds; 0 when none waits
    last_taken: datetime | None  # when a worker last took one
    seconds: tuple[float, ...]
    tried_again: int


def piles() -> Iterator[Pile]:
    """Every kind of job, for whoever watches the installation."""
    now = timezone.now()
    for rows in queues():
        counted = rows.order_by().values_list("status").annotate(Count("pk"), Min("created_at"))
        found = {status: (number, first) for status, number, first in counted}
        waiting = found.get(Status.QUEUED.value)
        ended = list(
            rows.filter(finished_at__gte=now - timedelta(hours=1), started_at__isnull=False)
            .order_by()
            .values_list("started_at", "finished_at", "fence")
        )
        yield Pile(
            kind=rows.model.__name__.lower(),
            queue=rows.model._meta.get_field("queue").default,
            by_status={status.value: found.get(status, (0, now))[0] for status in Status},
            oldest_waiting=(now - waiting[1]).total_seconds() if waiting else 0.0,
            last_taken=rows.aggregate(at=Max("started_at"))["at"],
            seconds=tuple((end - start).total_seconds() for start, end, _fence in ended),
            tried_again=sum(fence > 1 for _start, _end, fence in ended),
        )


def stored() -> dict[str, int]:
    """Bytes that rows own in the store, by what they are."""
    size = Sum("size", default=0)
    return {
        "tables": Dataset.objects.aggregate(size=size)["size"],
        "models": Model.objects.aggregate(size=size)["size"],
    }


def workers() -> list[Worker]:
    """The workers that were seen lately, with their queues and GPUs, for the operator."""
    return list(Worker.objects.fresh())


def line(queue: str) -> list[Job]:
    """The jobs that wait in a queue, in the order of their turns.

    Tenants take turns: who has least running comes first, then who was served longest ago, then
    who has waited longest. What a tenant has running counts as turns it has already had.
    """
    kinds = list(queues(queue))
    waiting: list[Job] = [
        job
        for rows in kinds
        for job in rows.filter(status=Status.QUEUED, tries__lt=settings.RUN_MAX_ATTEMPTS)
        .defer("result", "failure")
        .order_by("created_at")
    ]
    waiting.sort(key=lambda job: job.created_at)
    if len({job.tenant for job in waiting}) < 2:
        return waiting
    had = Counter[str]()
    served: dict[str, float] = {}
    for rows in kinds:
        had.update(dict(_by_tenant(rows.filter(status=Status.RUNNING), Count("pk"))))
        for tenant, at in _by_tenant(rows.exclude(started_at=None), Max("started_at")):
            served[tenant] = max(at.timestamp(), served.get(tenant, 0.0))
    turns: dict[UUID, tuple[int, float, datetime]] = {}
    for job in waiting:
        turns[job.pk] = (had[job.tenant], served.get(job.tenant, 0.0), job.created_at)
        had[job.tenant] += 1
    return sorted(waiting, key=lambda job: turns[job.pk])


def ready(queue: str) -> list[Job]:
    """Those of a queue's line whose tenant may have one more running."""
    waiting = line(queue)
    running = Counter[tuple[type[Job], str]]()
    for kind in {type(job) for job in waiting if job.tenant}:
        rows: JobQuerySet[Any] = kind._default_manager.filter(status=Status.RUNNING)  # type: ignore[assignment]
        for tenant, count in _by_tenant(rows, Count("pk")):
            running[kind, tenant] = count
    found = []
    for job in waiting:
        running[type(job), job.tenant] += 1
        if not job.tenant or running[type(job), job.tenant] <= job.most_running():
            found.append(job)
    return found


def _by_tenant(rows: JobQuerySet[Any], what: Count | Max) -> list[tuple[str, Any]]:
    """One figure for each tenant."""
    return list(rows.order_by().values_list("tenant").annotate(what))


def ahead(job: Job) -> int | None:
    """How many waiting jobs are served before this one; None once it does not wait any more."""
    return places(job.queue).get(job.pk) if job.status == Status.QUEUED else None


def is_held_back(job: Job) -> bool:
    """Whether a waiting job's turn comes only once another of its tenant has ended."""
    rows: JobQuerySet[Any] = type(job)._default_manager.all()  # type: ignore[assignment]
    running = rows.filter(tenant=job.tenant, status=Status.RUNNING)
    return bool(job.tenant) and running.count() >= job.most_running()


def places(queue: str) -> dict[UUID, int]:
    """How many jobs are ahead of each that waits in a queue."""
    return {job.pk: ahead for ahead, job in enumerate(line(queue))}

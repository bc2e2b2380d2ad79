"""Reads for pages, the API and reports: a run's drawings, the samples, how much is waiting."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any

from django.conf import settings
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.utils import timezone

from sandbox import store
from sandbox.models import Dataset, Model, Prediction, Run, Status, Worker, queues
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
            queue=_queue(rows),
            by_status={status.value: found.get(status, (0, now))[0] for status in Status},
            oldest_waiting=(now - waiting[1]).total_seconds() if waiting else 0.0,
            last_taken=rows.aggregate(at=Max("started_at"))["at"],
            seconds=tuple((end - start).total_seconds() for start, end, _fence in ended),
            tried_again=sum(fence > 1 for _start, _end, fence in ended),
        )


def _queue(rows: QuerySet[Any]) -> str:
    """Where jobs of this kind wait; of several places, the usual one."""
    usual = rows.model()
    routes = getattr(settings, "CELERY_TASK_ROUTES", {})
    return str(getattr(usual, "queue", "") or routes.get(usual.bell, {}).get("queue", ""))


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

"""Data sets, runs and the models they leave behind. Knows no people and no workshops."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class RunFailed(Exception):  # noqa: N818 – reads as the fact that people are told
    """Your data or your model is the reason; `sandbox.messages` says the code in people's words."""

    def __init__(self, code: str, params: dict[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params = params or {}


class Status(models.TextChoices):
    """Where a job stands; each end is one that people understand."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Done")
    FAILED = "failed", _("Stopped with a reason")
    MEMORY = "memory", _("Needed more memory than it may have")
    CPU = "cpu", _("Needed more computing time than it may have")
    TIMEOUT = "timeout", _("Took longer than it may")
    DISK = "disk", _("Wrote more than it may")
    PROCESSES = "processes", _("Started more processes than it may")
    CANCELLED = "cancelled", _("Cancelled")
    CRASHED = "crashed", _("Ended unexpectedly")
    LOST = "lost", _("Lost after several tries")


OPEN = (Status.QUEUED, Status.RUNNING)
GPU = "gpu"  # the queue of runs for workers that have one

JobT = TypeVar("JobT", bound="Job")

# The job that this process has claimed and works on, for the lines that it leaves in the log.
at_work: ContextVar[Job | None] = ContextVar("at_work", default=None)


class JobQuerySet(models.QuerySet[JobT]):
    """What every worker and the sweeper ask of jobs."""

    def claim(self, pk: uuid.UUID | str) -> JobT | None:
        """Take a waiting job, or one whose worker fell silent; None when it is not to be had."""
        now = timezone.now()
        free = Q(status=Status.QUEUED) | Q(status=Status.RUNNING, lease_until__lt=now)
        claimed = self.filter(free, pk=pk, fence__lt=settings.RUN_MAX_ATTEMPTS).update(
            status=Status.RUNNING,
            fence=F("fence") + 1,
            lease_until=now + timedelta(seconds=settings.RUN_LEASE_SECONDS),
            started_at=now,
        )
        job = self.get(pk=pk) if claimed else None
        at_work.set(job)
        return job

    def give_up_lost(self) -> int:
        """Close the jobs whose last allowed worker fell silent."""
        now = timezone.now()
        return self.filter(
            status=Status.RUNNING, lease_until__lt=now, fence__gte=settings.RUN_MAX_ATTEMPTS
        ).update(status=Status.LOST, finished_at=now, lease_until=None)

    def to_ring(self) -> models.QuerySet[JobT]:
        """Jobs that wait for a bell: their worker fell silent, or the broker lost the message."""
        now = timezone.now()
        silent = Q(status=Status.RUNNING, lease_until__lt=now)
        unheard = Q(
            status=Status.QUEUED, created_at__lt=now - timedelta(seconds=settings.RUN_LEASE_SECONDS)
        )
        rung_lately = Q(status=Status.QUEUED, lease_until__gte=now)
        return self.filter(silent | unheard, fence__lt=settings.RUN_MAX_ATTEMPTS).exclude(
            rung_lately
        )

    def note_ring(self, pk: uuid.UUID) -> None:
        """Remember that a waiting job was rung again: its message has the lease for a while."""
        until = timezone.now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)
        self.filter(pk=pk, status=Status.QUEUED).update(lease_until=until)


class Job(models.Model):
    """What data sets and runs share: a row that a worker claims, works on and closes once."""

    # The Celery task that takes this job's id; without one, nobody rings it again.
    bell: ClassVar[str] = ""
    # The folder of the store, below its tenant's, with what such jobs make.
    shelf: ClassVar[str] = ""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Whose turn, whose quota, whose folder: a name the apps above give, which means nothing here.
    tenant = models.CharField(max_length=60, blank=True, db_index=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED, db_index=True)
    failure = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    # The fence grows with every claim: a worker whose claim went to another may not write.
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to this row."""
        return self.status not in OPEN

    @property
    def has_succeeded(self) -> bool:
        """Whether there is a result to show."""
        return self.status == Status.SUCCEEDED

    @property
    def status_label(self) -> StrOrPromise:
        """The status in people's words."""
        return Status(self.status).label

    def renew(self, **progress: Any) -> bool:
        """Prolong the worker's lease; False means that the job is no longer this worker's."""
        until = timezone.now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)
        return bool(self._held().update(lease_until=until, **progress))

    def finish(
        self,
        *,
        status: str,
        result: dict[str, Any] | None = None,
        failure: dict[str, Any] | None = None,
    ) -> bool:
        """Write down how the job ended, once; False means that it was no longer this worker's."""
        held = self._held().update(
            status=status,
            result=result or {},
            failure=failure or {},
            finished_at=timezone.now(),
            lease_until=None,
        )
        with suppress(ObjectDoesNotExist):  # people may have erased it meanwhile
            self.refresh_from_db()
        return bool(held)

    def cancel(self) -> bool:
        """Stop a job that has not ended; its worker notices at its next sign of life."""
        stopped = (
            type(self)
            ._default_manager.filter(pk=self.pk, status__in=OPEN)
            .update(status=Status.CANCELLED, finished_at=timezone.now(), lease_until=None)
        )
        self.refresh_from_db()
        return bool(stopped)

    def _held(self) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(
            pk=self.pk, fence=self.fence, status=Status.RUNNING
        )


def queues() -> Iterator[JobQuerySet[Any]]:
    """The rows of every kind of job, those of the apps that build on this one included."""
    for model in apps.get_models():
        if issubclass(model, Job):
            rows: JobQuerySet[Any] = model._default_manager.all()  # type: ignore[assignment]
            yield rows


class Dataset(Job):
    """A table somebody brought, or a sample; `result` is its profile once it was read."""

    bell = "sandbox.profile"
    shelf = "datasets"

    name = models.CharField(max_length=200)
    sample = models.CharField(max_length=60, blank=True)
    upload = models.CharField(max_length=200)  # the store's key of the file as it came
    table = models.CharField(max_length=200, blank=True)  # the key of the typed table
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()

    objects = JobQuerySet["Dataset"].as_manager()

    def __str__(self) -> str:
        return self.name


class Run(Job):
    """One training. `result` is what the engine said at the end, `progress` what it says now."""

    bell = "sandbox.train"
    shelf = "runs"

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="runs")
    spec = models.CharField(max_length=60)
    asked = models.JSONField(default=dict)  # the task type's asks: columns by name, numbers
    metric = models.CharField(max_length=60, blank=True)
    seconds = models.PositiveIntegerField(default=60)
    seed = models.PositiveIntegerField(default=0)
    progress = models.JSONField(default=dict, blank=True)
    box_level = models.CharField(max_length=12, blank=True)
    device = models.CharField(max_length=100, blank=True)  # "cpu", or the name of a GPU
    files = models.CharField(max_length=200, blank=True)  # the store's folder of charts
    enough_at = models.DateTimeField(null=True, blank=True)  # when people wanted the best so far

    objects = JobQuerySet["Run"].as_manager()

    def __str__(self) -> str:
        return f"{self.spec}: {self.target}"

    @property
    def target(self) -> str:
        """The column to predict, where the task type has one."""
        return str(self.asked.get("target") or "")

    def enough(self) -> bool:
        """Ask for the best so far; False when the run had ended, True when asked again."""
        going = Run.objects.filter(pk=self.pk, status__in=OPEN)
        going.filter(enough_at=None).update(enough_at=timezone.now())
        self.refresh_from_db()
        return not self.has_ended

    def has_enough(self) -> bool:
        """Whether somebody asked for the best so far, as the database knows by now."""
        return Run.objects.filter(pk=self.pk, enough_at__isnull=False).exists()


class Model(models.Model):
    """What a run leaves behind: the best model's files, never a pickle."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="model")
    learner = models.CharField(max_length=60)
    files = models.CharField(max_length=200)  # the store's folder
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.learner


class Prediction(Job):
    """A run's model used on another table, or on one row that somebody typed."""

    bell = "sandbox.predict"
    shelf = "predictions"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="predictions")
    name = models.CharField(max_length=200, blank=True)  # of the file; empty for a typed row
    row = models.JSONField(default=dict, blank=True)
    upload = models.CharField(max_length=200)  # the store's key of the table
    output = models.CharField(max_length=200, blank=True)  # the key of predictions.csv
    op = models.UUIDField(null=True, blank=True, unique=True)

    objects = JobQuerySet["Prediction"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.name or str(self.row)


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Which workers are there, by the database's clock: hosts may not agree on the time."""

    def see(self, name: str, *, queues: Iterable[str], devices: Iterable[str]) -> None:
        """Write down that a worker is there, and forget those that have long been silent."""
        said = {"queues": sorted(queues), "devices": list(devices), "seen_at": Now()}
        self.update_or_create(name=name, defaults=said)
        self.filter(seen_at__lt=Now() - timedelta(days=1)).delete()

    def fresh(self) -> WorkerQuerySet:
        """The workers that were seen lately."""
        return self.filter(seen_at__gte=Now() - timedelta(seconds=settings.WORKER_FRESH_SECONDS))

    def lend_gpus(self) -> bool:
        """Whether a worker is there that takes what is for GPUs, and has one."""
        return any(worker.devices and GPU in worker.queues for worker in self.fresh())


class Worker(models.Model):
    """A worker as it says of itself: its queues, and the GPUs that it lends to jobs."""

    name = models.CharField(max_length=200, primary_key=True)
    queues = models.JSONField(default=list)
    devices = models.JSONField(default=list)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

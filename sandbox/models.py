"""Data sets, runs and the models they leave behind. Knows no people and no workshops."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression
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

JobT = TypeVar("JobT", bound="Job")


class JobQuerySet(models.QuerySet[JobT]):
    """What every worker and the sweep ask of jobs; the time is always the database's own."""

    def claim(self, pk: uuid.UUID | str) -> JobT | None:
        """Take a waiting job, or one whose worker fell silent; None when it is not to be had.

        Neither is one of a tenant that has as many running as it may.
        """
        free = Q(status=Status.QUEUED) | Q(status=Status.RUNNING, lease_until__lt=Now())
        found = self.filter(free, pk=pk, tries__lt=settings.RUN_MAX_ATTEMPTS)
        if not found.exists():
            return None  # and nobody had to wait for SQLite's one write lock
        with transaction.atomic():
            job = found.first()
            if job is None or self._has_enough_running(job):
                return None
            claimed = found.filter(fence=job.fence).update(
                status=Status.RUNNING,
                fence=F("fence") + 1,
                tries=F("tries") + 1,
                lease_until=lease(),
                started_at=Now(),
            )
            return self.get(pk=pk) if claimed else None

    def _has_enough_running(self, job: JobT) -> bool:
        """Whether a job's tenant has to wait for one of its own to end."""
        if not job.tenant:
            return False
        # The rows are the lock, taken in one order by all: whoever claims for the same tenant at
        # the same moment waits here, and then counts anew.
        open_ones = self.filter(tenant=job.tenant, status__in=OPEN).select_for_update()
        found = dict(open_ones.order_by("pk").values_list("pk", "status"))
        running = sum(status == Status.RUNNING for pk, status in found.items() if pk != job.pk)
        return bool(running >= self.model.most_running())

    def put_back_silent(self) -> list[JobT]:
        """Let jobs whose worker fell silent wait again; the last time, they are closed as lost."""
        silent = self.filter(status=Status.RUNNING, lease_until__lt=Now())
        if not silent.exists():
            return []
        with transaction.atomic():
            locked = silent.select_for_update(skip_locked=True)
            found = self.filter(pk__in=list(locked.values_list("pk", flat=True)))
            again = list(found.filter(tries__lt=settings.RUN_MAX_ATTEMPTS))
            never = list(found.filter(tries__gte=settings.RUN_MAX_ATTEMPTS))
            self.filter(pk__in=[job.pk for job in again]).update(
                status=Status.QUEUED, lease_until=None, rung_at=None
            )
            self.filter(pk__in=[job.pk for job in never]).update(
                status=Status.LOST,
                failure={"code": "lost", "params": {"tries": settings.RUN_MAX_ATTEMPTS}},
                finished_at=Now(),
                lease_until=None,
            )
        return list(self.filter(pk__in=[job.pk for job in again + never]))

    def unheard(self) -> JobQuerySet[JobT]:
        """Waiting jobs that nobody was rung for, or so long ago that the bell must be lost."""
        long_ago = Now() - timedelta(seconds=settings.RUN_UNHEARD_SECONDS)
        return self.filter(Q(rung_at=None) | Q(rung_at__lt=long_ago), status=Status.QUEUED)

    def unrung(self) -> JobQuerySet[JobT]:
        """Waiting jobs whose bell was heard at a moment at which it was not their turn."""
        return self.filter(rung_at=None, status=Status.QUEUED)

    def note_ring(self, pk: uuid.UUID) -> bool:
        """Remember that an unheard job is rung for; False when somebody else was faster."""
        return bool(self.unheard().filter(pk=pk).update(rung_at=Now()))

    def note_heard(self, pk: uuid.UUID | str) -> None:
        """Remember that a job's bell was heard and it still waits: the next one rings anew."""
        waits = self.filter(pk=pk, status=Status.QUEUED)
        if waits.exists():
            waits.update(rung_at=None)


def lease() -> CombinedExpression:
    """Until when a worker may be silent, by the database's clock."""
    return Now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)


class Job(models.Model):
    """What data sets and runs share: a row that a worker claims, works on and closes once."""

    # The Celery task that does the work, by this job's id.
    bell: ClassVar[str] = ""
    # The setting that says how many of a tenant's may run at once: short ones crowd nobody out.
    most: ClassVar[str] = "TENANT_RUNNING_SHORT"
    # The queues in which jobs of this kind may wait.
    waits_in: ClassVar[tuple[str, ...]] = ("parse",)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Whose turn, whose quota, whose folder: a name the apps above give, which means nothing here.
    tenant = models.CharField(max_length=60, blank=True, db_index=True)
    # Where it waits for its turn: one of `settings.QUEUES`.
    queue = models.CharField(max_length=12, default="parse")
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED, db_index=True)
    failure = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    # The fence grows with every claim: a worker whose claim went to another may not write.
    fence = models.PositiveIntegerField(default=0)
    # Claims that count against RUN_MAX_ATTEMPTS: one that a leaving worker gave back does not.
    tries = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    # When a bell was sent. A row is born rung, since whoever writes it rings once it is committed;
    # empty means that its bell was heard at a moment at which it was not its turn.
    rung_at = models.DateTimeField(null=True, blank=True, db_default=Now())
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

    @classmethod
    def most_running(cls) -> int:
        """How many jobs of this kind a tenant may have running at once."""
        return int(getattr(settings, cls.most))

    def renew(self, **progress: Any) -> bool:
        """Prolong the worker's lease; False means that the job is no longer this worker's."""
        return bool(self._held().update(lease_until=lease(), **progress))

    def finish(
        self,
        *,
        status: str,
        result: dict[str, Any] | None = None,
        failure: dict[str, Any] | None = None,
        **columns: Any,
    ) -> bool:
        """Write down how the job ended, once; False means that it was no longer this worker's.

        `columns` are what it leaves behind, written in the same breath.
        """
        held = self._held().update(
            status=status,
            result=result or {},
            failure=failure or {},
            finished_at=Now(),
            lease_until=None,
            **columns,
        )
        self.refresh_from_db()
        return bool(held)

    def give_back(self) -> bool:
        """Let the job wait again, as if this worker, which has to leave, had never had it."""
        held = self._held().update(
            status=Status.QUEUED, tries=F("tries") - 1, lease_until=None, rung_at=None
        )
        self.refresh_from_db()
        return bool(held)

    def cancel(self) -> bool:
        """Stop a job that has not ended; its worker notices at its next sign of life."""
        stopped = (
            type(self)
            ._default_manager.filter(pk=self.pk, status__in=OPEN)
            .update(status=Status.CANCELLED, finished_at=Now(), lease_until=None)
        )
        self.refresh_from_db()
        return bool(stopped)

    def _held(self) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(
            pk=self.pk, fence=self.fence, status=Status.RUNNING
        )


def queues(queue: str = "") -> Iterator[JobQuerySet[Any]]:
    """The rows of every kind of job, those of the apps that build on this one included.

    With a queue's name, the rows that belong to it, of the kinds that may wait there.
    """
    for model in apps.get_models():
        if issubclass(model, Job) and (not queue or queue in model.waits_in):
            rows: JobQuerySet[Any] = model._default_manager.all()  # type: ignore[assignment]
            yield rows.filter(queue=queue) if queue else rows


class Dataset(Job):
    """A table somebody brought, or a sample; `result` is its profile once it was read."""

    bell = "sandbox.profile"

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
    most = "TENANT_RUNNING"
    waits_in = ("cpu", "gpu")

    queue = models.CharField(max_length=12, default="cpu")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="runs")
    spec = models.CharField(max_length=60)
    asked = models.JSONField(default=dict)  # the task type's asks: columns by name, numbers
    metric = models.CharField(max_length=60, blank=True)
    seconds = models.PositiveIntegerField(default=60)
    seed = models.PositiveIntegerField(default=0)
    progress = models.JSONField(default=dict, blank=True)
    box_level = models.CharField(max_length=12, blank=True)
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

"""Doorbells: a bell rings for a queue, and a worker does the work of whoever's turn it is.

The row is the truth. A bell says only that there is work, so one too many does no harm, and one
too few is made up for by the sweep. Each kind of job has a task of its own, which claims a row by
its id, runs the box and writes down the end.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from multiprocessing.sharedctypes import RawValue
from pathlib import Path, PurePath
from typing import Any, Final, TypeVar

from celery import current_app, shared_task
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from sandbox import box, export, messages, queries, store
from sandbox.engine.specs import SPECS
from sandbox.models import (
    CPU,
    GPU,
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
from sandbox.store import unused

log = logging.getLogger(__name__)

JobT = TypeVar("JobT", bound=Job)

# Whoever shows jobs live adds a function here and is told, in a transaction of its own, whenever
# one waits, starts, comes further or ends: the sandbox itself knows of no pages.
hearers: Final[list[Callable[[Job], None]]] = []
# How often a job's progress is told of, in seconds.
TELL_EVERY = 2.0
# What a broker that is away may cost a page.
ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
# How many bells one sweep rings for a queue; each end of a job rings for the next.
MOST_BELLS = 4

# When the worker has to be gone, by the clock that all processes of a machine share; infinite as
# long as nobody told it to end. The processes of its pool are its forks and see the same number.
leave_at = RawValue("d", math.inf)


@shared_task(name="sandbox.serve", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def serve(queue: str, rung: str) -> None:
    """Do the work of whoever's turn it is in a queue. Safe to ring twice, or for nothing.

    `rung` is the id of the job that the bell was sent for, which may have to wait all the same.
    """
    taken = None
    if leave_at.value == math.inf:
        taken = next((job for job in queries.ready(queue) if _works(job)), None)
    if taken is None or str(taken.pk) != rung:
        for rows in queues(queue):
            rows.note_heard(rung)
    if taken is not None:
        # Its end may be what another of the same tenant has waited for.
        _ring_for(queue, JobQuerySet.unrung, most=1)


@shared_task(name="sandbox.hear", ignore_result=True)
def hear() -> None:
    """Nothing: that it arrives is how a worker knows that it still hears."""


def _works(job: Job) -> bool:
    """Let a job's own task claim it and do the work; False when nothing came of it.

    A job whose task breaks off is tried again when its lease has run out: whatever it was, half a
    minute later it may be over. It never stands in the way of those behind it.
    """
    try:
        return bool(current_app.tasks[job.bell].run(str(job.pk)))
    except DatabaseError:
        raise  # nothing would come of the others either
    except Exception:  # among them MemoryError, for which Celery would never free the slot
        log.exception("%s %s broke off", job.bell, job.pk, extra={"run": str(job.pk)})
        return False


@shared_task(name="sandbox.profile", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def profile(dataset_id: str) -> bool:
    """Claim a table, read it in the box, keep its typed copy and its profile. Safe to repeat."""
    if not (dataset := claim(Dataset.objects.all(), dataset_id)):
        return False
    upload = f"upload{PurePath(dataset.upload).suffix}"
    job = {"job": "profile", "file": upload}
    with _told(dataset), _boxed(dataset, {upload: dataset.upload}, job) as outcome:
        folder = _keep_files(dataset, outcome)
        table = f"{folder}/table.parquet" if folder else ""
        if not _record(dataset, outcome, table=table) and folder:
            store.delete(folder)
    return True


@shared_task(name="sandbox.train", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def train(run_id: str) -> bool:
    """Claim a run, train it in the box, write down how it ended. Safe to repeat."""
    if not (run := claim(Run.objects.all(), run_id)):
        return False
    lent = store.lent(SPECS[run.spec].lent if run.spec in SPECS else ())
    job = {
        "job": "train",
        "file": _name(run.dataset.table),
        **{name: name for name in lent},
        "spec": run.spec,
        **run.asked,
        "metric": run.metric,
        "seconds": run.seconds,
        "seed": run.seed,
        "threads": settings.RUN_THREADS,
        "words": {code: messages.chart_words(code) for code, _ in settings.LANGUAGES},
    }
    table = {_name(run.dataset.table): run.dataset.table}
    with (
        _told(run),
        box.gpus.lent(wanted=can_use_gpu(run.spec)) as loan,
        _boxed(run, table, job | loan.told, lent, gpu=loan.index) as outcome,
    ):
        folder = _keep_files(run, outcome)
        device = str((outcome.result.get("device") or {}).get("name", ""))[:100]
        with transaction.atomic():
            is_ours = _record(run, outcome, files=folder, box_level=outcome.level, device=device)
            if is_ours and folder:
                _keep_model(run, outcome)
        if not is_ours and folder:
            store.delete(folder)
    return True


@shared_task(name="sandbox.predict", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def predict(prediction_id: str) -> bool:
    """Claim a prediction, let the model predict in the box, keep what it said. Safe to repeat."""
    if not (row := claim(Prediction.objects.all(), prediction_id)):
        return False
    table = f"table{PurePath(row.upload).suffix}"
    job = {"job": "predict", "file": table}
    files = {**export.kept(row.run), table: row.upload}
    with _told(row), _boxed(row, files, job) as outcome:
        shown = {}
        if outcome.has_succeeded:
            shown = export.make_safe(outcome.out / "predictions.csv")
        folder = _keep_files(row, outcome)
        output = f"{folder}/predictions.csv" if folder else ""
        told = replace(outcome, result=outcome.result | shown)
        if not _record(row, told, output=output) and folder:
            store.delete(folder)
    return True


@shared_task(name="sandbox.tidy", ignore_result=True)
def tidy() -> None:
    """Remove the files of the store that have belonged to no row for a day."""
    if gone := unused.sweep(timezone.now() - timedelta(days=1)):
        log.info("%s files that belonged to nothing were removed.", gone)


def claim(rows: JobQuerySet[JobT], pk: str) -> JobT | None:
    """Take a job by its id and say so; None when it is not to be had."""
    job = rows.claim(pk)
    if job is not None:
        log.info("%s %s starts, try %s", job.bell, job.pk, job.tries, extra={"run": str(job.pk)})
        tell(job)
    return job


def finish(job: Job, *, status: str, **left: Any) -> bool:
    """Write down how a job ended and say so; False when it was no longer this worker's."""
    held = job.finish(status=status, **left)
    if held:
        log.info("%s %s ends: %s", job.bell, job.pk, status, extra={"run": str(job.pk)})
        tell_on_commit(job)
    else:
        log.warning(
            "%s %s is another's by now: its end as %s is not kept",
            job.bell, job.pk, status, extra={"run": str(job.pk)},
        )  # fmt: skip
    return held


def give_back(job: Job) -> None:
    """Let a job wait again that its worker cannot finish, since it has to leave."""
    if job.give_back():
        log.info("%s %s is given back", job.bell, job.pk, extra={"run": str(job.pk)})
        tell(job)


def must_leave() -> bool:
    """Whether this worker was told to end, and the time that its jobs were given is over."""
    return bool(time.monotonic() >= leave_at.value)


def sign_of_life(job: Job, progress: dict[str, Any] | None = None) -> box.Wish:
    """Prolong the lease, show the progress where there is a page for it; what people wish."""
    shown = {"progress": progress} if progress and isinstance(job, Run) else {}
    try:
        if must_leave() or not job.renew(**shown):
            return box.Wish.CANCEL
        return box.Wish.ENOUGH if isinstance(job, Run) and job.has_enough() else box.Wish.GO_ON
    except DatabaseError:
        # A database that starts anew is no reason to stop; one that is away for longer than the
        # lease is, and then the fence refuses what comes too late.
        log.warning("No sign of life for %s %s: no database", job.bell, job.pk)
        connection.close()
        return box.Wish.GO_ON


def sweep() -> None:
    """Let jobs of silent workers wait again, ring for those that nobody heard. Safe to do twice."""
    for rows in queues():
        for job in rows.put_back_silent():
            log.warning("%s %s was lost", job.bell, job.pk, extra={"run": str(job.pk)})
            tell(job)
    if not Worker.objects.lend_gpus():
        # Whoever waits for a GPU that has gone would wait for ever.
        Run.objects.filter(queue=GPU, status=Status.QUEUED).update(queue=CPU, rung_at=None)
    for queue in settings.QUEUES:
        _ring_for(queue, JobQuerySet.unheard, most=MOST_BELLS)


def queue_for(spec: str) -> str:
    """Where a training waits: for a GPU if its task type can use one and a worker lends one."""
    return GPU if can_use_gpu(spec) and Worker.objects.lend_gpus() else CPU


def can_use_gpu(spec: str) -> bool:
    """Whether a task type has learners for a GPU."""
    return spec in SPECS and SPECS[spec].can_use_gpu


def _ring_for(
    queue: str, those: Callable[[JobQuerySet[Any]], JobQuerySet[Any]], *, most: int
) -> None:
    """Ring for the first jobs of a queue's line, among those, that a worker could take now."""
    wanted = {pk for rows in queues(queue) for pk in those(rows).values_list("pk", flat=True)}
    for job in queries.ready(queue) if wanted else ():
        rows: JobQuerySet[Any] = type(job)._default_manager.all()  # type: ignore[assignment]
        if job.pk in wanted and rows.note_ring(job.pk):
            most = most - 1 if ring(job) else 0
        if not most:
            return


def ring(job: Job) -> bool:
    """Ring a queue's bell for a job; False when the broker is away, and then the sweep does."""
    try:
        serve.apply_async(
            (job.queue, str(job.pk)), queue=job.queue, retry=True, retry_policy=ONCE_MORE
        )
    except (OperationalError, OSError):
        log.warning(
            "The broker did not take %s %s; the sweep will ring again.", job.bell, job.pk,
            extra={"run": str(job.pk)},
        )  # fmt: skip
        return False
    return True


def ring_on_commit(job: Job) -> None:
    """Ring when the row can be seen by a worker, and never when it was rolled back."""
    transaction.on_commit(partial(ring, job))
    tell_on_commit(job)


def tell_on_commit(job: Job) -> None:
    """Tell whoever shows jobs when the change can be seen."""
    transaction.on_commit(partial(tell, job))


def tell(job: Job) -> None:
    """Tell whoever shows jobs; one that cannot show it holds up no job."""
    for hearer in hearers:
        try:
            with transaction.atomic():
                hearer(job)
        except Exception:
            log.exception("Nobody was told of %s %s", job.bell, job.pk)


def _name(key: str) -> str:
    return key.rpartition("/")[2]


@contextmanager
def _boxed(
    job: Job,
    keys: Mapping[str, str],
    asked: dict[str, Any],
    lent: Mapping[str, Path] | None = None,
    *,
    gpu: int | None = None,
) -> Iterator[box.Outcome]:
    """Run a job in the box on files of the store, and lent ones, by the names it knows them under.

    A lost or cancelled row stops it; one that has enough ends it with the best so far.
    """
    told_at = time.monotonic()

    def hear(progress: dict[str, Any]) -> box.Wish:
        nonlocal told_at
        wish = sign_of_life(job, progress)
        if progress and wish is box.Wish.GO_ON and time.monotonic() - told_at >= TELL_EVERY:
            told_at = time.monotonic()
            tell(job)
        return wish

    with ExitStack() as borrowed:
        inputs = {name: borrowed.enter_context(store.local(key)) for name, key in keys.items()}
        inputs |= lent or {}
        run = box.run(asked, inputs, on_progress=hear, gpu=gpu)
        yield borrowed.enter_context(run)


@contextmanager
def _told(job: Job) -> Iterator[None]:
    """Close a job whose files cannot be taken or given, so that its page says why."""
    try:
        yield
    except store.Changed:
        log.exception("A file of %s %s is not what was brought.", job.bell, job.pk)
        finish(job, status=Status.FAILED, failure={"code": "file_changed", "params": {}})
    except OSError as error:
        if store.is_full(error):
            log.exception("No room for the files of %s %s.", job.bell, job.pk)
            finish(job, status=Status.DISK, failure={"code": "no_room", "params": {}})
        elif type(job)._default_manager.filter(pk=job.pk).exists():
            raise  # else people erased it meanwhile, files and all


def _keep_files(job: Job, outcome: box.Outcome) -> str:
    """Bring what the job made to the store; empty when there is nothing to keep.

    The fence is in the folder's name: a worker that lost its claim cannot touch another's files.
    What such workers left is forgotten here; one that is still writing removes its own.
    """
    home = store.folder_of(job)
    for lost in range(1, job.fence):
        store.delete(f"{home}/{lost}")
    if not outcome.has_succeeded:
        return ""
    folder = f"{home}/{job.fence}"
    store.save_folder(folder, outcome.out)
    return folder


def _record(job: Job, outcome: box.Outcome, **columns: Any) -> bool:
    """Write down what came out of the box; False when nothing is kept of it."""
    if outcome.status == Status.CANCELLED:
        # The row says already that somebody cancelled it or has it now; if not, we have to leave.
        give_back(job)
        return False
    return finish(
        job, status=outcome.status, result=outcome.result, failure=outcome.failure, **columns
    )


def _keep_model(run: Run, outcome: box.Outcome) -> None:
    """Write down the best model that the run left behind."""
    files = [path for path in (outcome.out / "model").glob("*") if path.is_file()]
    if files:
        Model.objects.create(
            run=run,
            learner=str(outcome.result.get("best", ""))[:60],
            files=f"{run.files}/model",
            size=sum(path.stat().st_size for path in files),
        )

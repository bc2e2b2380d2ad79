"""Doorbells: each task takes the id of a row, claims it, runs the box and writes down the end."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from celery import current_app, shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from sandbox import box, export, messages, store
from sandbox.engine.specs import SPECS
from sandbox.models import GPU, Dataset, Job, Model, Prediction, Run, Status, Worker, queues
from sandbox.store import unused

log = logging.getLogger(__name__)


@shared_task(name="sandbox.profile", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def profile(dataset_id: str) -> None:
    """Claim a table, read it in the box, keep its typed copy and its profile. Safe to repeat."""
    if dataset := Dataset.objects.claim(dataset_id):
        table = f"upload{PurePath(dataset.upload).suffix}"
        job = {"job": "profile", "file": table}
        with _told(dataset), _boxed(dataset, {table: dataset.upload}, job) as outcome:
            folder = _keep_files(dataset, outcome)
            dataset.renew(table=f"{folder}/table.parquet" if folder else "")
            if not _record(dataset, outcome) and folder:
                store.delete(folder)


@shared_task(name="sandbox.train", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def train(run_id: str) -> None:
    """Claim a run, train it in the box, write down how it ended. Safe to deliver twice."""
    if run := Run.objects.claim(run_id):
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
            box.gpus.lent(wanted=can_use_gpu(run)) as loan,
            _boxed(run, table, job | loan.told, lent, gpu=loan.index) as outcome,
        ):
            folder = _keep_files(run, outcome)
            with transaction.atomic():
                device = str((outcome.result.get("device") or {}).get("name", ""))[:100]
                run.renew(files=folder, box_level=outcome.level, device=device)
                is_ours = _record(run, outcome)
                if is_ours and folder:
                    _keep_model(run, outcome)
            if not is_ours and folder:
                store.delete(folder)


@shared_task(name="sandbox.predict", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def predict(prediction_id: str) -> None:
    """Claim a prediction, let the model predict in the box, keep what it said. Safe to repeat."""
    if row := Prediction.objects.claim(prediction_id):
        table = f"table{PurePath(row.upload).suffix}"
        job = {"job": "predict", "file": table}
        files = {**export.kept(row.run), table: row.upload}
        with _told(row), _boxed(row, files, job) as outcome:
            shown = {}
            if outcome.has_succeeded:
                shown = export.make_safe(outcome.out / "predictions.csv")
            folder = _keep_files(row, outcome)
            row.renew(output=f"{folder}/predictions.csv" if folder else "")
            told = replace(outcome, result=outcome.result | shown)
            if not _record(row, told) and folder:
                store.delete(folder)


@shared_task(name="sandbox.tidy", ignore_result=True)
def tidy() -> None:
    """Remove the files of the store that have belonged to no row for a day."""
    if gone := unused.sweep(timezone.now() - timedelta(days=1)):
        log.info("%s files that belonged to nothing were removed.", gone)


@shared_task(name="sandbox.sweep", ignore_result=True)
def sweep() -> None:
    """Close the jobs that were lost too often, ring again for those that nobody heard."""
    box.tidy()
    for rows in queues():
        rows.give_up_lost()
        for job in rows.to_ring() if rows.model.bell else ():
            rows.note_ring(job.pk)
            ring(job)


def ring(job: Job) -> None:
    """Send a job's id to its task. A broker that is away loses nothing: the sweep rings again."""
    try:
        current_app.send_task(job.bell, [str(job.pk)], retry=False, queue=queue(job))
    except (OperationalError, OSError):
        log.warning("The broker did not take %s %s; the sweep will ring again.", job.bell, job.pk)


def queue(job: Job) -> str | None:
    """The queue of a job's bell, None for its task's usual one; a GPU is for who can use it."""
    return GPU if can_use_gpu(job) and Worker.objects.lend_gpus() else None


def can_use_gpu(job: Job) -> bool:
    """Whether a job's task type has learners for a GPU."""
    return isinstance(job, Run) and job.spec in SPECS and SPECS[job.spec].can_use_gpu


def ring_on_commit(job: Job) -> None:
    """Ring when the row can be seen by a worker, and never when it was rolled back."""
    transaction.on_commit(partial(ring, job))


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
    with ExitStack() as borrowed:
        inputs = {name: borrowed.enter_context(store.local(key)) for name, key in keys.items()}
        inputs |= lent or {}
        run = box.run(asked, inputs, on_progress=partial(_sign_of_life, job), gpu=gpu)
        yield borrowed.enter_context(run)


@contextmanager
def _told(job: Job) -> Iterator[None]:
    """Close a job whose files cannot be taken or given, so that its page says why."""
    try:
        yield
    except store.Changed:
        log.exception("A file of %s %s is not what was brought.", job.bell, job.pk)
        job.finish(status=Status.FAILED, failure={"code": "file_changed", "params": {}})
    except OSError as error:
        if store.is_full(error):
            log.exception("No room for the files of %s %s.", job.bell, job.pk)
            job.finish(status=Status.DISK, failure={"code": "no_room", "params": {}})
        elif type(job)._default_manager.filter(pk=job.pk).exists():
            raise  # else people erased it meanwhile, files and all


def _sign_of_life(job: Job, progress: dict[str, Any]) -> box.Wish:
    """Prolong the lease, show the progress where there is a page for it; what people wish."""
    shown = {"progress": progress} if progress and isinstance(job, Run) else {}
    if not job.renew(**shown):
        return box.Wish.CANCEL
    return box.Wish.ENOUGH if isinstance(job, Run) and job.has_enough() else box.Wish.GO_ON


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


def _record(job: Job, outcome: box.Outcome) -> bool:
    return job.finish(status=outcome.status, result=outcome.result, failure=outcome.failure)


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

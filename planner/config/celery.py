"""Celery: ids through a broker, nothing else."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import (
    setup_logging,
    task_postrun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.config.settings")

app = Celery("hazumi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Connects itself to the signals that workers send.
app.loader.import_module("planner.config.worker")


@worker_init.connect
def look_at_the_wall(**_: object) -> None:
    """Refuse to work where jobs would not be walled in as they must: one line, and the end."""
    from sandbox.box import worker

    worker.must_hold()


@worker_process_init.connect
def settle(**_: object) -> None:
    """In each process that runs tasks: be opaque to its jobs, and have the next ones wait."""
    from sandbox.box import worker

    worker.settle()


@worker_process_shutdown.connect
def leave(**_: object) -> None:
    """Send those away who wait for jobs."""
    from sandbox.box import worker

    worker.leave()


@setup_logging.connect
def keep_our_log(**_said: Any) -> None:
    """Leave the log as the settings have it: Celery adds handlers of its own otherwise."""


@task_postrun.connect
def put_down(**_said: Any) -> None:
    """Forget the job that a task has worked on: what the process logs next is not of it."""
    from sandbox.models import at_work

    at_work.set(None)

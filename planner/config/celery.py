"""Celery: ids through a broker, nothing else."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.config.settings")

app = Celery("hazumi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_log(**_said: Any) -> None:
    """Leave the log as the settings have it: Celery adds handlers of its own otherwise."""


@task_postrun.connect
def put_down(**_said: Any) -> None:
    """Forget the job that a task has worked on: what the process logs next is not of it."""
    from sandbox.models import at_work

    at_work.set(None)

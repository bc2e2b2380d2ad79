"""Celery: ids through a broker, nothing else."""

import os

from celery import Celery

from planner.config import workers  # noqa: F401 – it listens to signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.config.settings")

app = Celery("hazumi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

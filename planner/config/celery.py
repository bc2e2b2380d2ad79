"""Celery: ids through a broker, nothing else."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.config.settings")

app = Celery("hazumi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Connects itself to the signals that workers send.
app.loader.import_module("planner.config.worker")

"""Celery as it comes, to compare with: a task that notes when it starts, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import Celery

app = Celery("bare", broker=os.environ.get("BROKER_URL"))
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_default_queue="bare",
    broker_connection_retry_on_startup=True,
)


@app.task(name="bare.note")
def note(sent: float) -> None:
    """Write down how long the bell took; lines this short are written whole."""
    with Path(os.environ["BARE_NOTES"]).open("a") as notes:
        notes.write(f"{time.time() - sent}\n")

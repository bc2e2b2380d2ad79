"""Where jobs are handed in: takes the part of the web, one line of JSON in, one line out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from celery import current_app  # noqa: E402
from django.db import connections, transaction  # noqa: E402
from django.db.models import Max  # noqa: E402

from sandbox import actions, tasks  # noqa: E402
from sandbox.models import Run  # noqa: E402
from tests.faults.toil.models import Effect, Start, Toil  # noqa: E402


def hand_in(count: int = 1, *, dies: bool = False, **columns: Any) -> list[str]:
    """Write jobs down and ring for each; one that dies does so between the two."""
    made = []
    for _ in range(count):
        with transaction.atomic():
            job = Toil.objects.create(**columns)
            if dies:
                transaction.on_commit(lambda: os._exit(9))
            tasks.ring_on_commit(job)
        made.append(str(job.pk))
    return made


def train(seconds: int) -> str:
    """Read a sample here, then queue a real training on it, in a real box."""
    table = actions.bring_sample(sample="churn")
    tasks.profile(str(table.pk))
    while not table.has_ended:  # a worker may have been quicker, and be reading it now
        time.sleep(0.1)
        table.refresh_from_db()
    asked = {"target": "Churn?"}
    run = actions.start_run(dataset=table, spec="classification", asked=asked, seconds=seconds)
    return str(run.pk)


def run_of(run: str) -> dict[str, Any]:
    """How a training stands."""
    found = Run.objects.get(pk=run)
    return {"status": found.status, "tries": found.tries, "progress": found.progress}


def rows() -> list[dict[str, Any]]:
    """Every job, in the order in which they came."""
    columns = ("id", "tenant", "status", "fence", "tries", "failure")
    return [
        {**row, "id": str(row["id"])}
        for row in Toil.objects.order_by("created_at").values(*columns)
    ]


def starts() -> list[dict[str, Any]]:
    """Every claim, in the order of the claims."""
    found = Start._default_manager.order_by("pk").values(
        "toil__tenant", "toil", "fence", "pid", "at"
    )
    return [{**row, "toil": str(row["toil"]), "at": row["at"].timestamp()} for row in found]


def delays() -> list[float]:
    """How long each waited from its row to its first claim, in the order of the claims."""
    found = Start._default_manager.order_by("pk").values_list("at", "toil__created_at")
    return [(at - created).total_seconds() for at, created in found]


def effects() -> list[str]:
    """The job of every effect."""
    return [str(pk) for pk in Effect._default_manager.order_by("pk").values_list("toil", flat=True)]


def most_tries() -> int:
    """How often the unluckiest job was claimed."""
    return Toil.objects.aggregate(most=Max("fence"))["most"] or 0


def cancel(job: str, kind: str = "Toil") -> bool:
    """Stop a job."""
    rows = Run.objects if kind == "Run" else Toil.objects
    return actions.cancel(job=rows.get(pk=job))


def deafen(worker: str) -> None:
    """Have a worker stop listening to the queue in which it proves that it hears."""
    current_app.control.cancel_consumer(f"{worker}.dq2", destination=[worker])


KNOWN = (hand_in, train, run_of, rows, starts, delays, effects, most_tries, cancel, deafen)
ASKED: dict[str, Callable[..., Any]] = {each.__name__: each for each in KNOWN}


def main() -> None:
    """Answer until nobody asks any more; what went wrong is an answer too."""
    for line in sys.stdin:
        name, asked = json.loads(line)
        try:
            said = {"said": ASKED[name](**asked)}
        except Exception as error:
            said = {"wrong": f"{type(error).__name__}: {error}"}
            connections.close_all()
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

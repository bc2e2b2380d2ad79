"""The work itself, in the shape of every other kind of job."""

from __future__ import annotations

import os
import signal
import time

from celery import shared_task
from django.db import transaction

from sandbox import box, tasks
from sandbox.models import Status
from tests.faults.toil.models import Effect, Start, Toil


@shared_task(name="toil.toil", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def toil(pk: str) -> bool:
    """Claim a job, sleep, and leave its effect and its end behind in one transaction."""
    job = tasks.claim(Toil.objects.all(), pk)
    if job is None:
        return False
    Start._default_manager.create(toil=job, fence=job.fence, pid=os.getpid())
    if job.is_poison:
        os.kill(os.getpid(), signal.SIGKILL)
    until = time.monotonic() + job.seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.5))
        if tasks.sign_of_life(job) is box.Wish.CANCEL:
            tasks.give_back(job)
            return True
    with transaction.atomic():
        if tasks.finish(job, status=Status.SUCCEEDED):
            Effect._default_manager.create(toil=job, fence=job.fence)
    return True

"""What a worker does beside its jobs: it sweeps, is seen, proves that it hears, and leaves in time.

One thread in the main process of every worker. Several of them sweep at once without harm, so
there is no single process on which the jobs of all depend.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from celery import current_app
from celery.signals import task_received, worker_ready, worker_shutdown, worker_shutting_down
from celery.utils.nodenames import worker_direct
from celery.worker import state
from django.conf import settings
from django.db import connections
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

SWEEPS_EVERY = 2.0
TIDIES_EVERY = 60.0
# What has to be done about once an hour. Any worker rings for it, and twice does no harm.
CHORES = ("sandbox.tidy", "planner.tidy", "workshops.forget")
CHORES_EVERY = 3600.0
# What a supervisor sees of a worker that ended because it could not hear: "try again".
DEAF = os.EX_TEMPFAIL

# Held while the thread is at work and while the pool forks: a child must not be born with a lock
# that a thread, which it does not have, would never let go.
at_work = threading.Lock()


class Ear:
    """Knows whether a worker still hears: it sends itself a bell that does nothing.

    After a broker's restart a worker may be connected, answer pings and yet take no task any more
    (celery #8030, #8091, #10205): only a task of its own that arrives shows that it hears.
    """

    def __init__(self, consumer: Any) -> None:
        self.consumer = consumer
        self.queue = worker_direct(consumer.hostname)
        self.asked_at: float | None = None
        self.next_at = time.monotonic() + settings.WORKER_PROVES_SECONDS

    def heard(self, request: Any = None, **_: Any) -> None:
        """Note that a bell of any kind arrived."""
        self.asked_at = None

    def is_deaf(self) -> bool:
        """Whether two proofs in a row did not arrive, though a slot was free to take them."""
        if self.asked_at is None:
            return False
        if len(state.active_requests) >= self.consumer.pool.num_processes:
            self.asked_at = time.monotonic()
        return time.monotonic() - self.asked_at > 2 * settings.WORKER_PROVES_SECONDS

    def prove(self) -> None:
        """Send the bell, from time to time. Where no broker takes it there is nothing to hear."""
        from sandbox.tasks import hear

        if time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + settings.WORKER_PROVES_SECONDS
        try:
            hear.apply_async(queue=self.queue, retry=False)
            self.asked_at = self.asked_at or time.monotonic()
        except (OperationalError, OSError):
            self.asked_at = None


@dataclass
class Every:
    """Something to be done again and again."""

    seconds: float
    do: Callable[[], None]
    next_at: float = 0.0

    def round(self) -> None:
        """Do it when it is time."""
        if time.monotonic() >= self.next_at:
            self.next_at = time.monotonic() + self.seconds
            self.do()


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    """Start the thread once the worker takes jobs."""
    from sandbox.box import gpus
    from sandbox.models import GPU

    queues = set(sender.app.amqp.queues.consume_from) & set(settings.QUEUES)
    devices = [gpu.name for gpu in gpus.found()] if GPU in queues else []
    if devices:
        log.info("GPUs for jobs: %s; driver %s", ", ".join(devices), gpus.driver() or "unknown")
    os.register_at_fork(
        before=at_work.acquire, after_in_parent=at_work.release, after_in_child=at_work.release
    )
    ear = Ear(sender)
    task_received.connect(ear.heard, weak=False)
    duties = [
        Every(TIDIES_EVERY, tidy),
        Every(settings.WORKER_FRESH_SECONDS / 3, partial(see, sender.hostname, queues, devices)),
        Every(CHORES_EVERY, ring_for_chores, next_at=time.monotonic() + TIDIES_EVERY),
        Every(0.0, sweep),
    ]
    threading.Thread(target=accompany, args=[ear, duties], name="sweep", daemon=True).start()


@worker_shutdown.connect
def gone(sender: Any, **_: Any) -> None:
    """Be seen no longer, so that no job is left for this worker."""
    from sandbox.models import Worker

    Worker.objects.filter(name=sender.hostname).delete()


@worker_shutting_down.connect
def told_to_end(**_: Any) -> None:
    """Take no more jobs, and give back after a while those that still go on."""
    from sandbox.tasks import leave_at

    leave_at.value = min(leave_at.value, time.monotonic() + settings.WORKER_GRACE_SECONDS)


def accompany(ear: Ear, duties: Sequence[Every]) -> None:
    """See to the duties and prove, for as long as the worker lives."""
    while True:
        with at_work:
            try:
                for duty in duties:
                    duty.round()
                ear.prove()
            except Exception:  # the database may be away; the next round will find it
                log.exception("A sweep was cut short")
            finally:
                connections.close_all()
        if ear.is_deaf():
            end_deaf()
        # Not all workers at the same moment.
        time.sleep(SWEEPS_EVERY * random.uniform(0.75, 1.25))  # noqa: S311


def sweep() -> None:
    """Look after the jobs that nobody looks after."""
    from sandbox import tasks

    tasks.sweep()


def tidy() -> None:
    """Remove the boxes of workers that were killed."""
    from sandbox import box

    box.tidy()


def see(name: str, queues: Iterable[str], devices: Iterable[str]) -> None:
    """Write down that this worker is there and what it serves: runs for a GPU ask."""
    from sandbox.models import Worker

    Worker.objects.see(name, queues=queues, devices=devices)


def ring_for_chores() -> None:
    """Have somebody do what is due; without a broker it is due again in an hour."""
    for chore in CHORES:
        with suppress(OperationalError, OSError):
            current_app.send_task(chore, queue="parse", retry=False, expires=CHORES_EVERY)


def end_deaf() -> None:
    """Give the jobs back and end, for the supervisor to start a worker that hears."""
    log.error("This worker does not hear its bells any more. It ends, to be started again.")
    told_to_end()
    until = time.monotonic() + settings.WORKER_GRACE_SECONDS + 5
    while state.active_requests and time.monotonic() < until:
        time.sleep(0.2)
    os._exit(DEAF)

"""What a worker says of itself while it runs: a row from which others see who takes which jobs."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery.signals import worker_ready, worker_shutdown

log = logging.getLogger(__name__)


class Presence:
    """A worker's word, now and then, that it is there.

    In a thread: where the pool is the process itself, a run takes it for minutes.
    """

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.thread: threading.Thread | None = None

    def begin(self, name: str, queues: set[str], devices: list[str]) -> None:
        """Say it from now on; a worker that lost its broker for a while is ready more than once."""
        if self.thread is None:
            said = (name, queues, devices)
            self.thread = threading.Thread(target=self._repeat, args=said, daemon=True)
            self.thread.start()

    def end(self, name: str) -> None:
        """Say that it is there no longer, so that no run is sent to it in vain."""
        from sandbox.models import Worker

        self.ended.set()
        if self.thread is not None:
            self.thread.join(timeout=5)
            Worker.objects.filter(name=name).delete()

    def _repeat(self, name: str, queues: set[str], devices: list[str]) -> None:
        from django.conf import settings
        from django.db import DatabaseError, connection

        from sandbox.models import Worker

        while not self.ended.is_set():
            try:
                Worker.objects.see(name, queues=queues, devices=devices)
            except DatabaseError:
                log.warning("The database did not hear of worker %s; it will be told again.", name)
            finally:
                connection.close()
            self.ended.wait(settings.WORKER_FRESH_SECONDS / 3)


presence = Presence()


@worker_ready.connect
def _ready(sender: Any, **_: Any) -> None:
    from sandbox.box import gpus
    from sandbox.models import GPU

    queues = set(sender.app.amqp.queues.consume_from)
    devices = [gpu.name for gpu in gpus.found()] if GPU in queues else []
    if devices:
        log.info("GPUs for jobs: %s; driver %s", ", ".join(devices), gpus.driver() or "unknown")
    presence.begin(str(sender.hostname), queues, devices)


@worker_shutdown.connect
def _shutdown(sender: Any, **_: Any) -> None:
    presence.end(str(sender.hostname))

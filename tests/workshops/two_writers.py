"""Two slow writers at once on a real database; prints what a reader saw. Run by test_live.py."""

from __future__ import annotations

import json
import sys
import threading
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from workshops import live  # noqa: E402
from workshops.live import Seat  # noqa: E402
from workshops.models import Event, Workshop  # noqa: E402

WRITES = 8


def write(room: Workshop, name: str, delay: float, committed: list[int]) -> None:
    for _number in range(WRITES):
        with transaction.atomic():
            event = live.publish(room, name, lambda _room: {Seat("room"): lambda: "<p></p>"})
            time.sleep(delay)  # the number is given out long before the commit
        committed.append(event.number)
    connection.close()


call_command("migrate", verbosity=0)
room = Workshop.objects.create(title="x", code="ABCDEF", agenda="two_hours", language="en")
committed: list[int] = []
writers = [
    threading.Thread(target=write, args=(room, "slow", 0.03, committed)),
    threading.Thread(target=write, args=(room, "quick", 0.0, committed)),
]
seen: list[int] = []
for writer in writers:
    writer.start()
while any(writer.is_alive() for writer in writers) or len(seen) < 2 * WRITES:
    # What a stream does: everything after the highest number so far. A hole would stay a hole.
    after = seen[-1] if seen else 0
    seen += (
        Event.objects.filter(workshop=room, number__gt=after)
        .order_by("number")
        .values_list("number", flat=True)
    )
    time.sleep(0.002)
for writer in writers:
    writer.join()
result = {"engine": connection.vendor, "seen": seen, "writes": 2 * WRITES}
sys.stdout.write(json.dumps(result) + "\n")

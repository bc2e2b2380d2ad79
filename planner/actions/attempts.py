"""Counting tries, so that nobody guesses a password, a code or the API to pieces.

In a row of the database: several web processes count together, and none needs a server for it.
"""

from __future__ import annotations

import time
from hashlib import sha256

from django.db import connection

from planner.models import Attempts

KEPT = 24 * 60 * 60  # seconds, after a count has run out
COUNT = """
    INSERT INTO planner_attempts (key, count, until) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN planner_attempts.until <= %s THEN 1 ELSE planner_attempts.count + 1 END,
      until = CASE WHEN planner_attempts.until <= %s
                   THEN excluded.until ELSE planner_attempts.until END
    RETURNING count
"""


def count(*about: object, seconds: int) -> int:
    """Count one more try at something; how many there were since it was counted anew.

    One statement: two at the same moment are two, in whichever process.
    """
    now = int(time.time())
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [_key(about), now + seconds, now, now])
        found = int(cursor.fetchone()[0])
    if found == 1:
        Attempts.objects.filter(until__lt=now - KEPT).delete()
    return found


def made(*about: object) -> int:
    """How many tries there were of late, without one more."""
    rows = Attempts.objects.filter(pk=_key(about), until__gt=int(time.time()))
    return rows.values_list("count", flat=True).first() or 0


def _key(about: tuple[object, ...]) -> str:
    return sha256("\n".join(str(part) for part in about).encode()).hexdigest()

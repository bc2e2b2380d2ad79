"""Our command as a worker runs it: by a process that waited for the job with its imports done.

What the peers import is not of their budget either.
"""

from __future__ import annotations

import os
import sys
import time

import django
from django.core.management import execute_from_command_line

LIMIT = 60.0


def main() -> None:
    """Have a process wait, then do as `manage.py prototype` does with these arguments."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.config.settings")
    django.setup()
    from sandbox import box
    from sandbox.box import warm

    box.hurry("train")
    until = time.monotonic() + LIMIT
    while not all(each.child.is_ready for each in warm.waiting("train")):
        if time.monotonic() > until:
            sys.exit("No process was ready for the job.")
        time.sleep(0.05)
    execute_from_command_line(["manage.py", "prototype", *sys.argv[1:]])


if __name__ == "__main__":
    main()

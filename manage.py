#!/usr/bin/env python
"""The one command line."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.config.settings")
    from django.core.management import execute_from_command_line

    if sys.argv[1:2] == ["prototype"]:
        # Its training's process imports meanwhile, on the other core.
        import django

        django.setup()
        from sandbox import box

        box.hurry("train")

    execute_from_command_line(sys.argv)

"""What stands between a team's table and everything else, in a sentence."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from sandbox import box, messages


def wall(level: str = "") -> str:
    """What jobs run behind: the level that a run had, else the one in force; empty without any.

    The level in force is that of the machine that answers. Where workers have another one, each
    run still says which it had.
    """
    try:
        return str(messages.wall_told(level or box.level()))
    except ImproperlyConfigured:  # no job runs here; /health says so to operators
        return ""

"""What the processes around the box do at their start and end: jobs find no way to them."""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sandbox.box import confine, walls, warm


def must_hold() -> None:
    """End this process with one line when jobs cannot be walled in as strongly as they must be."""
    try:
        walls.level()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error


def be_opaque() -> None:
    """Keep this process's memory and environment from jobs that run as the same user."""
    if sys.platform == "linux":
        confine.undumpable()


def settle() -> None:
    """Be ready for jobs: opaque to them, heir to what they leave, with some who wait for orders."""
    be_opaque()
    if sys.platform == "linux":
        confine.subreaper()
    if settings.SANDBOX_WARM:
        warm.keep(walls.level(), settings.SANDBOX_WARM)


def leave() -> None:
    """Send those away who wait for jobs."""
    warm.close()

"""The wiring. It may name every app; nobody imports it."""

from planner.config.celery import app as celery_app

__all__ = ["celery_app"]

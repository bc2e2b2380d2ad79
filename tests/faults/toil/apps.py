"""Django's name tag of this app."""

from django.apps import AppConfig


class ToilConfig(AppConfig):
    """Jobs for tests."""

    name = "tests.faults.toil"
    label = "toil"
    default_auto_field = "django.db.models.BigAutoField"

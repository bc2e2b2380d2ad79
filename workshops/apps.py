"""Django's name tag of this app."""

from django.apps import AppConfig


class WorkshopsConfig(AppConfig):
    """Workshops, with UUIDs for primary keys."""

    name = "workshops"
    default_auto_field = "django.db.models.BigAutoField"

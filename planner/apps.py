"""Django's name tag of this app."""

from django.apps import AppConfig


class PlannerConfig(AppConfig):
    """Planner, with UUIDs for primary keys."""

    name = "planner"
    default_auto_field = "django.db.models.BigAutoField"

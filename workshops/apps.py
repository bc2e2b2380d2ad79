"""Django's name tag of this app."""

from django.apps import AppConfig


class WorkshopsConfig(AppConfig):
    """Workshops, with UUIDs for primary keys."""

    name = "workshops"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Ask the planner to be told of what teams write on their sheets."""
        # Models must be there first.
        from planner.actions import answers
        from workshops.actions import telling

        answers.hearers.append(telling.written)

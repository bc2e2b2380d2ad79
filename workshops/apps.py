"""Django's name tag of this app."""

from django.apps import AppConfig


class WorkshopsConfig(AppConfig):
    """Workshops, with UUIDs for primary keys."""

    name = "workshops"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Ask to be told of what teams write on their sheets, and of how their jobs go."""
        # Models must be there first.
        from planner.actions import answers
        from sandbox import tasks
        from workshops.actions import telling

        answers.hearers.append(telling.written)
        tasks.hearers.append(telling.worked)

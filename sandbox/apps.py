"""Django's name tag of this app."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """Sandbox, with UUIDs for primary keys."""

    name = "sandbox"
    default_auto_field = "django.db.models.BigAutoField"

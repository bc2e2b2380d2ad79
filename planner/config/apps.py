"""Which administration Django finds: ours, with one way in."""

from django.contrib.admin.apps import AdminConfig


class Admin(AdminConfig):
    """Django's administration with our door."""

    default_site = "planner.config.admin.Site"

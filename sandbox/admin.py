"""What an operator may look at: tables, runs, models and their use, never edited by hand."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model as Row
from django.http import HttpRequest

from sandbox.models import Dataset, Model, Prediction, Run, Worker


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows to look at; the sandbox alone writes them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Nobody edits by hand."""
        return False


@admin.register(Dataset)
class DatasetAdmin(ReadOnly):
    """Tables and how their reading ended."""

    list_display = ("name", "status", "size", "created_at")
    list_filter = ("status",)


@admin.register(Run)
class RunAdmin(ReadOnly):
    """Trainings, how they ended and behind which wall."""

    list_display = ("spec", "target", "status", "box_level", "device", "fence", "created_at")
    list_filter = ("status", "spec", "box_level", "device")


@admin.register(Model)
class ModelAdmin(ReadOnly):
    """What runs left behind."""

    list_display = ("learner", "run", "size", "created_at")


@admin.register(Prediction)
class PredictionAdmin(ReadOnly):
    """What models were used for, and how that ended."""

    list_display = ("run", "name", "status", "created_at")
    list_filter = ("status",)


@admin.register(Worker)
class WorkerAdmin(ReadOnly):
    """Who takes jobs, from which queues and with which GPUs."""

    list_display = ("name", "queues", "devices", "seen_at")

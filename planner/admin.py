"""The operator's view of teams, use cases and what became of them."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin

from planner.models import (
    Decision,
    Deed,
    Erasure,
    Membership,
    Milestone,
    Prototype,
    Report,
    Team,
    UseCase,
    User,
)


@admin.register(User)
class People(UserAdmin):  # type: ignore[type-arg]
    """Accounts and guests."""

    list_display = ("username", "display_name", "is_guest", "is_staff", "last_login")
    list_filter = ("is_guest", "is_staff", "is_active")
    search_fields = ("username", "display_name", "email")
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("Hazumi", {"fields": ("display_name", "language", "is_guest")}),
    )
    add_fieldsets = (
        *UserAdmin.add_fieldsets,
        ("Hazumi", {"fields": ("display_name", "language")}),
    )


class Places(admin.TabularInline):  # type: ignore[type-arg]
    """Who is in a team."""

    model = Membership
    autocomplete_fields = ("user",)
    extra = 0


@admin.register(Team)
class Teams(admin.ModelAdmin):  # type: ignore[type-arg]
    """Teams with their people."""

    list_display = ("name", "product", "is_sample", "created_at")
    list_filter = ("is_sample",)
    search_fields = ("name", "product")
    inlines = (Places,)


@admin.register(UseCase)
class UseCases(admin.ModelAdmin):  # type: ignore[type-arg]
    """Use cases; what is written in them is read on their own pages."""

    list_display = ("title", "team", "is_chosen", "archived_at", "created_at")
    list_select_related = ("team",)
    list_filter = ("is_chosen",)
    search_fields = ("title", "team__name")


@admin.register(Prototype)
class Prototypes(admin.ModelAdmin):  # type: ignore[type-arg]
    """Prototypes with how their runs stand."""

    list_display = ("use_case", "dataset", "run", "threshold", "by", "created_at")
    list_select_related = ("use_case", "dataset", "run", "by")
    raw_id_fields = ("use_case", "dataset", "run", "by")


@admin.register(Milestone)
class Milestones(admin.ModelAdmin):  # type: ignore[type-arg]
    """Dates in the calendar."""

    list_display = ("title", "use_case", "due", "owner")
    list_select_related = ("use_case",)


@admin.register(Decision)
class Decisions(admin.ModelAdmin):  # type: ignore[type-arg]
    """What was decided: to read, never to edit."""

    list_display = ("choice", "use_case", "by", "at")
    list_select_related = ("use_case", "by")

    def has_change_permission(self, *_args: object, **_kwargs: object) -> bool:
        """Decisions are kept as they were taken."""
        return False

    def has_add_permission(self, *_args: object, **_kwargs: object) -> bool:
        """Decisions are taken on the record's page, with a reason."""
        return False


class Read(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that operators read: they come with what happened, and what happened is not changed."""

    def has_add_permission(self, *_args: object, **_kwargs: object) -> bool:
        """Nobody makes up what did not happen."""
        return False

    def has_change_permission(self, *_args: object, **_kwargs: object) -> bool:
        """What was done was done."""
        return False

    def has_delete_permission(self, *_args: object, **_kwargs: object) -> bool:
        """What is old is let go of by a command, never by hand."""
        return False


@admin.register(Deed)
class Deeds(Read):
    """The audit log: to read, for operators."""

    list_display = ("at", "verb", "kind", "what", "who", "tenant", "request")
    list_filter = ("verb", "kind")
    search_fields = ("who", "what", "tenant", "request")
    date_hierarchy = "at"


@admin.register(LogEntry)
class Changes(Read):
    """What operators changed here: to read."""

    list_display = ("action_time", "user", "action_flag", "content_type", "object_id")
    list_filter = ("action_flag",)
    list_select_related = ("user", "content_type")


@admin.register(Report)
class Reports(admin.ModelAdmin):  # type: ignore[type-arg]
    """Reports and how far they are."""

    list_display = ("file_name", "language", "status", "is_draft", "created_at")
    list_filter = ("status", "language")
    raw_id_fields = ("use_case", "by")


@admin.register(Erasure)
class Erasures(Read):
    """What was erased: who, when, how much. Nothing here is changed."""

    list_display = ("kind", "at", "by", "owner", "figures")
    list_filter = ("kind",)

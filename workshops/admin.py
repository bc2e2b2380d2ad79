"""What an operator may look at: workshops, who was there, and how the steps went."""

from __future__ import annotations

from django.contrib import admin

from workshops.models import Participant, Step, Workshop


class People(admin.TabularInline[Participant, Workshop]):
    """Who is in the workshop."""

    model = Participant
    extra = 0
    raw_id_fields = ("user", "team")


class Steps(admin.TabularInline[Step, Workshop]):
    """The agenda as it went."""

    model = Step
    extra = 0
    fields = ("position", "activity", "minutes", "state", "opened_at", "closed_at")
    readonly_fields = fields
    can_delete = False


@admin.register(Workshop)
class WorkshopAdmin(admin.ModelAdmin[Workshop]):
    """Workshops, with a place to mend who may lead one."""

    list_display = ("title", "code", "state", "starts_at", "is_sample")
    list_filter = ("state", "language", "is_sample")
    search_fields = ("title", "code")
    raw_id_fields = ("created_by", "current", "moved_from")
    filter_horizontal = ("teams",)
    inlines = (People, Steps)

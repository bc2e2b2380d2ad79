"""People, teams, use cases and what is decided about them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sandbox.models import Dataset, Job, JobQuerySet, Run


class Phase(models.TextChoices):
    """The way through, in its own words."""

    PREPARE = "prepare", _("Prepare")
    UNDERSTAND = "understand", _("Understand")
    APPLY = "apply", _("Apply")
    START = "start", _("Start")
    FOLLOW_UP = "follow_up", _("Follow up")


class Role(models.TextChoices):
    """What somebody is to a team."""

    PM = "pm", _("Product manager")
    DEVELOPER = "developer", _("Developer")
    DATA_SCIENTIST = "data_scientist", _("Data scientist")
    MEMBER = "member", _("Member")
    FACILITATOR = "facilitator", _("Facilitator")
    OBSERVER = "observer", _("Observer")


class User(AbstractUser):
    """A person: somebody with an account, or a guest who joined with a display name only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField(_("Name"), max_length=60)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, blank=True)
    is_guest = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.display_name or self.username


class TeamQuerySet(models.QuerySet["Team"]):
    """Teams, as pages read them."""

    def visible_to(self, user: User | AnonymousUser) -> TeamQuerySet:
        """The teams that a person belongs to."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(memberships__user=user).distinct()


class Team(models.Model):
    """The people who plan together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("Team name"), max_length=80)
    product = models.CharField(_("Product"), max_length=200, blank=True)
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at", "name"]

    def __str__(self) -> str:
        return self.name

    def role_of(self, user: User | AnonymousUser) -> str:
        """What a person is to this team; empty for nobody of it."""
        if not user.is_authenticated:
            return ""
        return self.memberships.filter(user=user).values_list("role", flat=True).first() or ""


class Membership(models.Model):
    """Somebody's place in a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "user"], name="one_place_in_a_team")
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()}"


class UseCaseQuerySet(models.QuerySet["UseCase"]):
    """Use cases, as pages read them."""

    def visible_to(self, user: User | AnonymousUser) -> UseCaseQuerySet:
        """The use cases of the teams that a person belongs to."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(team__memberships__user=user).distinct()


class UseCase(models.Model):
    """One record, carried from somebody's case to a date in the calendar."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="use_cases")
    title = models.CharField(_("Title"), max_length=120)
    is_chosen = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = UseCaseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team"], condition=Q(is_chosen=True), name="one_chosen_use_case_a_team"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Answer(models.Model):
    """One field of one sheet, filled in; the revision tells two editors apart."""

    use_case = models.ForeignKey(UseCase, on_delete=models.CASCADE, related_name="answers")
    sheet = models.CharField(max_length=60)
    field = models.CharField(max_length=60)
    value = models.JSONField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)
    op = models.UUIDField(null=True, blank=True)  # the last write's id: a retry is a no-op
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["use_case", "sheet", "field"], name="one_answer_a_field"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sheet}.{self.field}"


class CaseStudy(models.Model):
    """A case that a team brought along, beside those of the library."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="case_studies")
    company = models.CharField(max_length=120)
    problem = models.TextField(blank=True)
    solution = models.TextField(blank=True)
    impact = models.TextField(blank=True)
    link = models.URLField(blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "case studies"

    def __str__(self) -> str:
        return self.company


class PrototypeQuerySet(models.QuerySet["Prototype"]):
    """Prototypes, as pages read them."""

    def visible_to(self, user: User | AnonymousUser) -> PrototypeQuerySet:
        """The prototypes of the teams that a person belongs to."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(use_case__team__memberships__user=user).distinct()


class Prototype(models.Model):
    """A use case's table and the training run on it. Data first, then the run."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    use_case = models.ForeignKey(UseCase, on_delete=models.CASCADE, related_name="prototypes")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="prototypes")
    run = models.OneToOneField(
        Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="prototype"
    )
    # Agreed before any result is seen; in the metric's own unit.
    threshold = models.FloatField(null=True, blank=True)
    op = models.UUIDField(null=True, blank=True, unique=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = PrototypeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.use_case} – {self.dataset}"


class Milestone(models.Model):
    """A date that a use case has in the calendar."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    use_case = models.ForeignKey(UseCase, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(_("What"), max_length=200)
    due = models.DateField(_("By when"))
    owner = models.CharField(_("Who"), max_length=80, blank=True)
    proof = models.CharField(_("How do we know"), max_length=200, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["due"]

    def __str__(self) -> str:
        return self.title


class Todo(models.Model):
    """Something small that somebody does for a milestone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    milestone = models.ForeignKey(Milestone, on_delete=models.CASCADE, related_name="todos")
    text = models.CharField(max_length=200)
    owner = models.CharField(max_length=80, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.text


class Decision(models.Model):
    """Who decided what, and why: kept, never edited."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    use_case = models.ForeignKey(UseCase, on_delete=models.CASCADE, related_name="decisions")
    choice = models.CharField(max_length=200)
    reason = models.TextField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["at"]

    def __str__(self) -> str:
        return self.choice


class ReportQuerySet(JobQuerySet["Report"]):
    """Reports, as pages read them."""

    def visible_to(self, user: User | AnonymousUser) -> ReportQuerySet:
        """A person's own reports, and those of their teams' use cases."""
        if not user.is_authenticated:
            return self.none()
        mine = Q(by=user) | Q(use_case__team__memberships__user=user)
        return self.filter(mine).distinct()


class Report(Job):
    """A PDF being made, or made: of a use case, or of what `subject` names in another app."""

    shelf = "reports"
    waits_in = ("render",)

    subject = models.UUIDField(db_index=True)
    use_case = models.ForeignKey(
        UseCase, on_delete=models.CASCADE, null=True, blank=True, related_name="reports"
    )
    # Which task makes it: the app that knows the subject has a task of its own.
    bell = models.CharField(max_length=60, default="planner.render")
    queue = models.CharField(max_length=12, default="render")
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    is_draft = models.BooleanField(default=True)
    file = models.CharField(max_length=200, blank=True)  # the store's key
    file_name = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name


class Attempts(models.Model):
    """How often something was tried of late: a name, a code, an address of the API."""

    # A fingerprint: neither names nor addresses of people are kept here.
    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    until = models.BigIntegerField(db_index=True)  # seconds since 1970: counted anew after that

    class Meta:
        verbose_name_plural = "attempts"

    def __str__(self) -> str:
        return f"{self.count}"


class DeedQuerySet(models.QuerySet["Deed"]):
    """The audit log, as pages read it: it grows, and is not changed."""

    def within(self, tenants: Iterable[str]) -> DeedQuerySet:
        """The lines of some teams and workshops."""
        return self.filter(tenant__in=list(tenants))

    def update(self, **_kwargs: Any) -> int:
        """Refused: what was done was done."""
        raise TypeError("The audit log is not changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused, but for `forget`."""
        raise TypeError("The audit log is not deleted; forget() lets go of what is old.")

    def forget(self, *, before: datetime) -> int:
        """Let go of lines that have been kept for long enough; how many."""
        return super(DeedQuerySet, self.filter(at__lt=before)).delete()[0]


class Deed(models.Model):
    """One line of the audit log: who did what. Ids only: no name, no cell, no code, no e-mail."""

    # No foreign key: the line stays when the person goes, and then says no more than that.
    who = models.UUIDField(null=True, blank=True, db_index=True)
    verb = models.CharField(max_length=30)
    kind = models.CharField(max_length=30, blank=True)
    what = models.CharField(max_length=64, blank=True)
    tenant = models.CharField(max_length=64, blank=True, db_index=True)
    request = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = DeedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.verb} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the line, once."""
        if not self._state.adding:
            raise TypeError("The audit log is not changed.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused, as for the whole log."""
        raise TypeError("The audit log is not deleted.")


class PackageQuerySet(JobQuerySet["Package"]):
    """Packages, as pages read them."""

    def visible_to(self, user: User | AnonymousUser) -> PackageQuerySet:
        """A person's own: what is in it was theirs to take along when they ordered it."""
        return self.filter(by=user) if user.is_authenticated else self.none()


class Package(Job):
    """Everything of a team, or of what `subject` names in another app, as one zip, for a day."""

    shelf = "packages"
    waits_in = ("render",)

    subject = models.UUIDField(db_index=True)
    # Which task makes it: the app that knows the subject has a task of its own.
    bell = models.CharField(max_length=60, default="planner.pack")
    queue = models.CharField(max_length=12, default="render")
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    file = models.CharField(max_length=200, blank=True)  # the store's key
    file_name = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    objects = PackageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name


class ErasureQuerySet(models.QuerySet["Erasure"]):
    """Erasures, as pages read them."""

    def visible_to(self, user: User | AnonymousUser) -> ErasureQuerySet:
        """What a person erased, and what was theirs when its time was over."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(by=user) | Q(owner=user))


class Erasure(models.Model):
    """What stays of a use case, team or workshop that was erased: who, when, how much. No words."""

    class Kind(models.TextChoices):
        """What was erased."""

        USE_CASE = "use_case", _("Use case")
        TEAM = "team", _("Team")
        WORKSHOP = "workshop", _("Workshop")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.UUIDField(db_index=True)
    figures = models.JSONField(default=dict)  # counts only
    # Nobody: its time was over.
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"

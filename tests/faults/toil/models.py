"""A job that sleeps, who began it when, and what it left behind."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from sandbox.models import Job, JobQuerySet


class Toil(Job):
    """Takes a while and then has one effect; a poison one kills the process that works on it."""

    bell = "toil.toil"
    most: ClassVar[str] = "TENANT_RUNNING"
    waits_in = ("cpu",)

    queue = models.CharField(max_length=12, default="cpu")
    seconds = models.FloatField(default=0.5)
    is_poison = models.BooleanField(default=False)

    objects = JobQuerySet["Toil"].as_manager()

    def __str__(self) -> str:
        return f"{self.tenant or 'nobody'}: {self.seconds} s"


class Start(models.Model):
    """That a worker began: one row for every claim."""

    toil = models.ForeignKey(Toil, on_delete=models.CASCADE, related_name="starts")
    fence = models.PositiveIntegerField()
    pid = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.toil} {self.fence}"


class Effect(models.Model):
    """What a job leaves behind, in the transaction that closes it."""

    toil = models.ForeignKey(Toil, on_delete=models.CASCADE, related_name="effects")
    fence = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.toil} {self.fence}"

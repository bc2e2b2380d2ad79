"""Everything of a team as one file, ordered like a report."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("planner", "0005_deeds_are_written_down")]

    operations = [
        migrations.CreateModel(
            name="Package",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant", models.CharField(blank=True, db_index=True, max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("succeeded", "Done"),
                            ("failed", "Stopped with a reason"),
                            ("memory", "Needed more memory than it may have"),
                            ("cpu", "Needed more computing time than it may have"),
                            ("timeout", "Took longer than it may"),
                            ("disk", "Wrote more than it may"),
                            ("processes", "Started more processes than it may"),
                            ("cancelled", "Cancelled"),
                            ("crashed", "Ended unexpectedly"),
                            ("lost", "Lost after several tries"),
                        ],
                        db_index=True,
                        default="queued",
                        max_length=12,
                    ),
                ),
                ("failure", models.JSONField(blank=True, default=dict)),
                ("result", models.JSONField(blank=True, default=dict)),
                ("fence", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("subject", models.UUIDField(db_index=True)),
                ("bell", models.CharField(default="planner.pack", max_length=60)),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("ja", "日本語")], max_length=5),
                ),
                ("file", models.CharField(blank=True, max_length=200)),
                ("file_name", models.CharField(blank=True, max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
    ]

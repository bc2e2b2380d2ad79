import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

STATUS = [
    ("queued", "Waiting"),
    ("running", "Running"),
    ("succeeded", "Done"),
    ("failed", "Stopped with a reason"),
    ("memory", "Needed more memory than it may have"),
    ("timeout", "Took longer than it may"),
    ("cancelled", "Cancelled"),
    ("crashed", "Ended unexpectedly"),
    ("lost", "Lost after several tries"),
]


class Migration(migrations.Migration):
    """A run's model is used on other tables, and on rows that somebody types."""

    dependencies = [("sandbox", "0002_asked")]

    operations = [
        migrations.CreateModel(
            name="Prediction",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("status", models.CharField(choices=STATUS, db_index=True, default="queued", max_length=12)),
                ("failure", models.JSONField(blank=True, default=dict)),
                ("result", models.JSONField(blank=True, default=dict)),
                ("fence", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("row", models.JSONField(blank=True, default=dict)),
                ("upload", models.CharField(max_length=200)),
                ("output", models.CharField(blank=True, max_length=200)),
                ("op", models.UUIDField(blank=True, null=True, unique=True)),
                ("run", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="predictions", to="sandbox.run")),
            ],
            options={"ordering": ["-created_at"]},
        ),
    ]

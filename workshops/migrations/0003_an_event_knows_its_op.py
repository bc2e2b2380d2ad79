"""An event keeps the id of the write that caused it, so that a retry is a no-op."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workshops", "0002_a_move_can_be_undone")]

    operations = [
        migrations.AddField(
            "event", "op", models.UUIDField(blank=True, null=True, unique=True)
        ),
    ]

"""How long a workshop's data stays after its end."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workshops", "0007_a_part_is_confirmed")]

    operations = [
        migrations.AddField(
            "workshop",
            "delete_after_days",
            models.PositiveIntegerField(null=True, blank=True),
        ),
    ]

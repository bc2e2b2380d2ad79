"""A move of the whole room remembers what it changed, so that it can be taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workshops", "0001_initial")]

    operations = [
        migrations.AddField("workshop", "moved_before", models.JSONField(blank=True, default=dict)),
    ]

"""A workshop leads its teams, also those that nobody has joined yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("planner", "0001_initial"),
        ("workshops", "0003_an_event_knows_its_op"),
    ]

    operations = [
        migrations.AddField(
            "workshop",
            "teams",
            models.ManyToManyField(blank=True, related_name="workshops", to="planner.team"),
        ),
    ]

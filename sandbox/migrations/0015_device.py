from django.db import migrations, models


class Migration(migrations.Migration):
    """What a run learnt on: the CPU, or a GPU by its name."""

    dependencies = [
        ("sandbox", "0010_queues_and_tries"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="device",
            field=models.CharField(blank=True, max_length=100),
        ),
    ]

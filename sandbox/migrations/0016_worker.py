from django.db import migrations, models


class Migration(migrations.Migration):
    """Workers as they say of themselves, so that runs go where a GPU is."""

    dependencies = [
        ("sandbox", "0015_device"),
    ]

    operations = [
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("name", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("queues", models.JSONField(default=list)),
                ("devices", models.JSONField(default=list)),
                ("seen_at", models.DateTimeField()),
            ],
            options={"ordering": ["name"]},
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    """A run remembers when somebody wanted the best so far."""

    dependencies = [("sandbox", "0003_prediction")]

    operations = [
        migrations.AddField("run", "enough_at", models.DateTimeField(blank=True, null=True)),
    ]

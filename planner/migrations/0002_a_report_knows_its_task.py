from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("planner", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="report",
            name="bell",
            field=models.CharField(default="planner.render", max_length=60),
        ),
    ]

from django.db import migrations, models


def gather(apps, schema_editor):
    Run = apps.get_model("sandbox", "Run")
    for run in Run.objects.exclude(target="").iterator():
        Run.objects.filter(pk=run.pk).update(asked={"target": run.target})


def scatter(apps, schema_editor):
    Run = apps.get_model("sandbox", "Run")
    for run in Run.objects.iterator():
        Run.objects.filter(pk=run.pk).update(target=run.asked.get("target", ""))


class Migration(migrations.Migration):
    """A run keeps all that its task type asks for, not a target alone."""

    dependencies = [("sandbox", "0001_initial")]

    operations = [
        migrations.AddField("run", "asked", models.JSONField(default=dict)),
        migrations.RunPython(gather, scatter),
        migrations.RemoveField("run", "target"),
    ]

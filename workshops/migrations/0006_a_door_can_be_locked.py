from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workshops', '0004_a_workshop_has_teams'),
    ]

    operations = [
        migrations.AddField(
            model_name='workshop',
            name='is_locked',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='workshop',
            name='seats',
            field=models.PositiveSmallIntegerField(db_default=120, default=120),
        ),
    ]

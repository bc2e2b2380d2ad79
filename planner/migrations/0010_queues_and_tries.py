
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('planner', '0009_erasures'),
    ]

    operations = [
        migrations.AddField(
            model_name='report',
            name='queue',
            field=models.CharField(default='render', max_length=12),
        ),
        migrations.AddField(
            model_name='report',
            name='rung_at',
            field=models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), null=True),
        ),
        migrations.AddField(
            model_name='report',
            name='tries',
            field=models.PositiveIntegerField(default=0),
        ),
    ]

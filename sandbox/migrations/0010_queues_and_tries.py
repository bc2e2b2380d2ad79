
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sandbox', '0005_tenants_and_ends'),
    ]

    operations = [
        migrations.AddField(
            model_name='dataset',
            name='queue',
            field=models.CharField(default='parse', max_length=12),
        ),
        migrations.AddField(
            model_name='dataset',
            name='rung_at',
            field=models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), null=True),
        ),
        migrations.AddField(
            model_name='dataset',
            name='tries',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='prediction',
            name='queue',
            field=models.CharField(default='parse', max_length=12),
        ),
        migrations.AddField(
            model_name='prediction',
            name='rung_at',
            field=models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), null=True),
        ),
        migrations.AddField(
            model_name='prediction',
            name='tries',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='run',
            name='queue',
            field=models.CharField(default='cpu', max_length=12),
        ),
        migrations.AddField(
            model_name='run',
            name='rung_at',
            field=models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), null=True),
        ),
        migrations.AddField(
            model_name='run',
            name='tries',
            field=models.PositiveIntegerField(default=0),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('planner', '0003_tenants'),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempts',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('count', models.PositiveIntegerField()),
                ('until', models.BigIntegerField(db_index=True)),
            ],
            options={
                'verbose_name_plural': 'attempts',
            },
        ),
    ]

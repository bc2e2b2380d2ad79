from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workshops', '0006_a_door_can_be_locked'),
    ]

    operations = [
        migrations.AddField(
            model_name='participant',
            name='is_confirmed',
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]

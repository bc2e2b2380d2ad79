import django.utils.timezone
from django.db import migrations, models

# The database itself refuses a change, whoever asks for it. Letting go of old lines stays possible.
SQLITE = """
CREATE TRIGGER deeds_are_not_changed BEFORE UPDATE ON planner_deed
BEGIN SELECT RAISE(ABORT, 'the audit log is not changed'); END
"""
POSTGRES = """
CREATE FUNCTION deeds_are_not_changed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is not changed'; END $$;
CREATE TRIGGER deeds_are_not_changed BEFORE UPDATE ON planner_deed
FOR EACH ROW EXECUTE FUNCTION deeds_are_not_changed();
"""


def close(apps, schema_editor):
    schema_editor.execute(POSTGRES if schema_editor.connection.vendor == 'postgresql' else SQLITE)


def open_again(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('DROP TRIGGER deeds_are_not_changed ON planner_deed')
        schema_editor.execute('DROP FUNCTION deeds_are_not_changed()')
    else:
        schema_editor.execute('DROP TRIGGER deeds_are_not_changed')


class Migration(migrations.Migration):

    dependencies = [
        ('planner', '0004_attempts_are_counted'),
    ]

    operations = [
        migrations.CreateModel(
            name='Deed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('who', models.UUIDField(blank=True, db_index=True, null=True)),
                ('verb', models.CharField(max_length=30)),
                ('kind', models.CharField(blank=True, max_length=30)),
                ('what', models.CharField(blank=True, max_length=64)),
                ('tenant', models.CharField(blank=True, db_index=True, max_length=64)),
                ('request', models.CharField(blank=True, max_length=64)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.RunPython(close, open_again),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0004_a_file_once_in_a_case'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='case',
            index=models.Index(
                fields=['received_at'],
                condition=models.Q(('state', 'REVIEWED'), _negated=True),
                name='cases_case_not_reviewed',
            ),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(
                fields=['held_at'], condition=models.Q(('held_at__isnull', False)), name='cases_case_held'
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='connectorversion',
            name='questions',
            field=models.JSONField(blank=True, default=dict),
        ),
    ]

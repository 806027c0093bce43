from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('runs', '0005_deletes'),
    ]

    operations = [
        migrations.AddField(
            model_name='streamsweep',
            name='allowed_at',
            field=models.DateTimeField(null=True),
        ),
    ]

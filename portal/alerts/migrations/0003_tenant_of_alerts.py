from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    incidents = apps.get_model("alerts", "Incident").objects.filter(pk=OuterRef("incident"))
    alerts = apps.get_model("alerts", "Alert").objects.filter(tenant=None)
    alerts.update(tenant=Subquery(incidents.values("connection__tenant")[:1]))


class Migration(migrations.Migration):

    # Rows by themselves: PostgreSQL changes no table with pending changes of its rows.
    dependencies = [
        ('alerts', '0002_notices'),
        ('connections', '0002_where_credentials_are'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

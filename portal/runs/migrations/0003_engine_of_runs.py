from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def take_the_tenants(apps: Any, schema_editor: Any) -> None:
    """Of runs that are there already: it is not known whether their tenants have moved since."""
    tenants = apps.get_model("tenants", "Tenant").objects.filter(pk=OuterRef("tenant"))
    apps.get_model("runs", "Run").objects.update(engine=Subquery(tenants.values("engine")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0002_where_credentials_are"),
        ("runs", "0002_run_by_end"),
        ("tenants", "0002_engine_snowflake"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="engine",
            field=models.CharField(
                choices=[
                    ("DUCKDB", "DuckDB, on the worker's own disk"),
                    ("SNOWFLAKE", "Snowflake"),
                ],
                default="DUCKDB",
                editable=False,
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["engine", "finished_at"], name="run_by_engine"),
        ),
        # Last: a table with rows just changed cannot be altered everywhere.
        migrations.RunPython(take_the_tenants, migrations.RunPython.noop, elidable=True),
    ]

"""`manage.py move SLUG --to snowflake`: the same numbers on another engine."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from portal.cli.door import Door
from portal.cli.moving import move_tenant
from portal.pipelines.prefect import prefect_api
from portal.tenants.models import Tenant
from portal.tenants.selectors import tenant_by_slug


class Command(Door):
    help = (
        "Move a tenant's warehouse to another engine. Raw is copied, everything else is built anew,"
        " and each table is compared before anything switches. The old engine keeps what it has."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="SLUG")
        parser.add_argument(
            "--to", required=True, choices=[name.lower() for name in Tenant.Engine.values]
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        tenant = tenant_by_slug(options["tenant"])
        to = options["to"].upper()
        compared = move_tenant(tenant=tenant, to=to, api=prefect_api(), at=timezone.now())
        return {"tenant": tenant.slug, "engine": to, "compared": compared}

    def show(self, result: dict[str, Any]) -> None:
        table = Table("table", "rows", "checksum before", "checksum after", "equal")
        for each in result["compared"]:
            before, after = each["before"], each["after"]
            equal = "yes" if each["is_equal"] else "NO"
            table.add_row(
                each["name"], str(after["rows"]), before["checksum"], after["checksum"], equal
            )
        Console(file=self.stdout, width=120).print(table)  # type: ignore[arg-type]  # it has write
        self.stdout.write(f"{result['tenant']} is on {result['engine']} now.")

"""`manage.py query TENANT "select …"`: ask a tenant's published numbers."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.lib.errors import Refused
from portal.publications.export import as_csv, as_json, as_table
from portal.publications.lake import lake
from portal.publications.query import Result, run_query
from portal.publications.reader import open_publication, read_manifest
from portal.publications.reading import PublicationBroken
from portal.tenants.selectors import tenant_by_slug


class Command(BaseCommand):
    help = "Answer one SELECT from a tenant's publication. `show tables` lists its views."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", metavar="TENANT", help="the tenant's slug")
        parser.add_argument("sql", metavar="SELECT", help="one statement, in quotes")
        parser.add_argument("--as-of", metavar="PUBLICATION", help="an earlier publication")
        parser.add_argument("--format", choices=["table", "csv", "json"], default="table")
        parser.add_argument("--limit", type=int, default=1000, help="most rows (default: 1000)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            publication, result = self._answer(**options)
        except (Refused, PublicationBroken) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_formatted(result, publication, options["format"]))
        if result.has_more:
            self.stderr.write(f"Only the first {options['limit']} rows. Raise --limit for more.")

    def _answer(
        self, *, tenant: str, sql: str, as_of: str | None, limit: int, **_: Any
    ) -> tuple[str, Result]:
        code = tenant_by_slug(tenant).code
        manifest = read_manifest(lake=lake(), tenant=code, publication=as_of)
        with open_publication(lake=lake(), tenant=code, manifest=manifest) as reading:
            return manifest.publication, run_query(reading=reading, sql=sql, limit=limit)


def _formatted(result: Result, publication: str, form: str) -> str:
    match form:
        case "csv":
            # The command's own ending is the last line's.
            return "".join(
                as_csv([each.name for each in result.columns], result.rows)
            ).removesuffix("\r\n")
        case "json":
            return as_json(result, publication=publication)
        case _:
            return as_table(result)

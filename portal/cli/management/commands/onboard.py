"""`manage.py onboard`: a retailer in one command."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Console

from portal.cli.door import Door
from portal.cli.waiting import as_json, check_completed, wait_for
from portal.connections.onboarding import Wish, onboard
from portal.connections.services import parse_schedule
from portal.lib.errors import Refused
from portal.pipelines.prefect import prefect_api
from portal.pipelines.services import deploy
from portal.runs.services import run_now
from portal.tenants.models import Tenant


class Command(Door):
    help = (
        "Onboard a tenant's account at a source: test the credentials, create what is missing,"
        " deploy. Nothing is created unless the test succeeds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="created if missing")
        parser.add_argument("--name", help="of a new tenant; the slug if left out")
        parser.add_argument("--time-zone", default="Europe/Berlin", help="of a new tenant")
        parser.add_argument("--currency", default="EUR", help="of a new tenant")
        parser.add_argument("--country", default="DE", help="of a new tenant")
        parser.add_argument("--connector", required=True, help="such as prohandel")
        parser.add_argument("--connection", help="its name; the connector's if left out")
        parser.add_argument(
            "--credentials",
            required=True,
            metavar="FILE",
            help="a JSON object; - for standard input",
        )
        parser.add_argument("--streams", help="comma-separated; all that can be read if left out")
        parser.add_argument("--history-from", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument(
            "--schedule",
            default="manual",
            help="manual, 'every 30 minutes', 'every 6 hours', or five cron fields",
        )
        parser.add_argument("--run", action="store_true", help="run it at once")
        parser.add_argument("--wait", action="store_true", help="until that run has ended")

    def answer(self, **options: Any) -> dict[str, Any]:
        api, now = prefect_api(), timezone.now()
        connection = onboard(self._wish(options), at=now)
        pipeline = deploy(connection=connection, api=api, at=now)
        result: dict[str, Any] = {"connection": str(connection), "problem": pipeline.problem}
        if options["run"] or options["wait"]:
            run = run_now(connection=connection, api=api, at=now)
            if options["wait"]:
                run = wait_for(run, api=api, console=Console(stderr=True))
            result |= as_json(run)
        return result

    def show(self, result: dict[str, Any]) -> None:
        self.stdout.write(f"{result['connection']} is onboarded.")
        if result["problem"]:
            self.stdout.write(f"It will be deployed later: {result['problem']}")

    def conclude(self, result: dict[str, Any]) -> None:
        check_completed(result)

    def _wish(self, options: dict[str, Any]) -> Wish:
        slug = options["tenant"]
        tenant = Tenant.objects.filter(slug=slug).first() or Tenant(  # the slug is unique
            slug=slug,
            name=options["name"] or slug,
            time_zone=options["time_zone"],
            currency=options["currency"],
            country=options["country"],
        )
        streams = options["streams"]
        return Wish(
            tenant=tenant,
            connector=options["connector"],
            connection=options["connection"] or options["connector"],
            credentials=credentials_in(options["credentials"]),
            schedule=parse_schedule(options["schedule"]),
            streams=[each.strip() for each in streams.split(",")] if streams else None,
            history_from=options["history_from"],
        )


def credentials_in(source: str) -> dict[str, str]:
    """:raises Refused: if the file cannot be read or is not an object of texts"""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text()
        values = json.loads(text)
    except OSError as error:
        raise Refused(f"The credentials file {source} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise Refused(f"The credentials in {source} are not JSON. Write one object.") from error
    if not isinstance(values, dict) or not all(isinstance(each, str) for each in values.values()):
        raise Refused(f"The credentials in {source} have to be one object of texts.")
    return values

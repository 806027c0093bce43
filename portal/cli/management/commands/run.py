"""`manage.py run TENANT/CONNECTION`: run it now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Console

from portal.cli.door import Door
from portal.cli.waiting import as_json, check_completed, has_failed, wait_for
from portal.connections.selectors import connection_by_path
from portal.pipelines.prefect import prefect_api
from portal.runs.services import run_now


class Command(Door):
    help = "Run a connection now. With --wait, fail if the run does not complete."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("connection", metavar="TENANT/CONNECTION")
        parser.add_argument("--wait", action="store_true", help="until the run has ended")

    def answer(self, **options: Any) -> dict[str, Any]:
        api = prefect_api()
        connection = connection_by_path(options["connection"])
        run = run_now(connection=connection, api=api, at=timezone.now())
        if options["wait"]:
            run = wait_for(run, api=api, console=Console(stderr=True))
        return as_json(run)

    def show(self, result: dict[str, Any]) -> None:
        if not has_failed(result):
            self.stdout.write(f"{result['connection']}: {result['status']}. {result['message']}")

    def conclude(self, result: dict[str, Any]) -> None:
        check_completed(result)

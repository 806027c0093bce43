"""`manage.py status`: every connection, and how its last run ended."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Column, Table

from portal.cli.door import Door
from portal.connections.selectors import connections
from portal.runs.selectors import latest_run


class Command(Door):
    help = "List all connections with their state, schedule and last run."

    def answer(self, **options: Any) -> list[dict[str, Any]]:
        return [self._line(each) for each in connections().select_related("pipeline")]

    def _line(self, connection: Any) -> dict[str, Any]:
        run = latest_run(connection)
        pipeline = getattr(connection, "pipeline", None)
        return {
            "connection": str(connection),
            "connector": connection.connector,
            "state": pipeline.wanted if pipeline else "NOT DEPLOYED",
            "problem": pipeline.problem if pipeline else "",
            "schedule": str(connection.schedule),
            "last_run": run.requested_at if run else None,
            "last_status": run.status if run else None,
            "message": run.message if run else "",
        }

    def show(self, result: list[dict[str, Any]]) -> None:
        if not result:
            self.stdout.write("There are no connections yet. `manage.py onboard --help` says how.")
            return
        table = Table(
            Column("Connection", no_wrap=True),
            "State",
            "Schedule",
            "Last run",
            "Outcome",
            "Message",
        )
        for line in result:
            table.add_row(
                line["connection"],
                line["state"],
                line["schedule"],
                f"{line['last_run']:%Y-%m-%d %H:%M} UTC" if line["last_run"] else "never",
                line["last_status"] or "",
                line["problem"] or line["message"],
            )
        console = Console()
        with console.capture() as drawn:
            console.print(table)
        self.stdout.write(drawn.get())

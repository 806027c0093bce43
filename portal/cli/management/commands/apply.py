"""`manage.py apply`: make Prefect agree with the portal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from portal.cli.door import Door
from portal.cli.management.commands.plan import as_json, lines
from portal.pipelines.prefect import prefect_api
from portal.pipelines.services import reconcile
from portal.runs.settle import settle_runs
from portal.warehouses.settle import settle_actions


class Command(Door):
    help = "Make Prefect agree with the portal, and settle runs that died without a word."

    def answer(self, **options: Any) -> dict[str, Any]:
        api, now = prefect_api(), timezone.now()
        done = reconcile(api=api, at=now)
        settled = settle_runs(api=api, at=now)
        settle_actions(api=api, at=now)
        return {**as_json(done), "settled_runs": [str(run.code) for run in settled]}

    def show(self, result: dict[str, Any]) -> None:
        told = lines(result) + [f"settled run {code}" for code in result["settled_runs"]]
        for line in told or ["Prefect agrees with the portal: nothing to do."]:
            self.stdout.write(line)

    def conclude(self, result: dict[str, Any]) -> None:
        if result["refused"]:
            raise CommandError("\n".join(result["refused"]))

"""`manage.py plan`: the difference between the portal and Prefect."""

from __future__ import annotations

from typing import Any

from portal.cli.door import Door
from portal.pipelines.foundations import missing_platform_deployments
from portal.pipelines.prefect import prefect_api
from portal.pipelines.services import Difference, difference


class Command(Door):
    help = "Print what `apply` would change in Prefect. Changes nothing."

    def answer(self, **options: Any) -> dict[str, Any]:
        api = prefect_api()
        found = as_json(difference(api=api))
        return {**found, "missing": missing_platform_deployments(api)}

    def show(self, result: dict[str, Any]) -> None:
        for line in lines(result) + result["missing"] or [
            "Prefect agrees with the portal: nothing to do."
        ]:
            self.stdout.write(line)


def as_json(found: Difference) -> dict[str, Any]:
    return {
        "foundations": found.foundations,
        "changes": [
            {"act": str(each.act), "deployment": each.name, "differences": each.differences}
            for each in found.changes
        ],
        "refused": found.refused,
    }


def lines(result: dict[str, Any]) -> list[str]:
    told = [f"create {foundation}" for foundation in result["foundations"]]
    for change in result["changes"]:
        told.append(f"{change['act']} deployment {change['deployment']}")
        told += [f"    {each}" for each in change["differences"]]
    return told

"""`manage.py connector check PATH`: does a connector keep its promises?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from flows.connectors.kit.conformance import check_folder
from flows.connectors.kit.findings import Finding, Outcome
from portal.cli.connector.folders import PATH_HELP, STREAM_HELP, folder_at

# Of these there are dozens.
_KINDS = ("survives", "ends with")


class Check:
    name = "check"
    help = (
        "Put a connector's folder through every check, against a simulated source made of its own"
        " samples. Nothing outside this machine is asked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", metavar="PATH", help=PATH_HELP)
        parser.add_argument("--stream", metavar="STREAM", help=f"only {STREAM_HELP}")

    def answer(self, **options: Any) -> dict[str, Any]:
        folder = folder_at(options["path"], stream=options["stream"])
        findings = check_folder(folder, stream=options["stream"])
        return {
            "connector": folder.name,
            "findings": [
                {
                    "check": each.check,
                    "stream": each.stream,
                    "outcome": each.outcome.value,
                    "sentence": each.sentence,
                }
                for each in findings
            ],
            "failed": sum(1 for each in findings if each.outcome is Outcome.FAILED),
        }

    def show(self, result: dict[str, Any], write: Callable[[str], object]) -> None:
        findings = [
            Finding(**{**each, "outcome": Outcome(each["outcome"])}) for each in result["findings"]
        ]
        console = Console()
        with console.capture() as drawn:
            console.print(_table(findings))
        write(drawn.get())
        for each in findings:
            if each.outcome is Outcome.FAILED:
                write(f"{each.check}: {each.sentence}")

    def conclude(self, result: dict[str, Any]) -> None:
        if failed := result["failed"]:
            what = "1 check has" if failed == 1 else f"{failed} checks have"
            raise CommandError(f"{result['connector']}: {what} failed.")


def _table(findings: Sequence[Finding]) -> Table:
    """One line for each check, with how many streams passed it; one for all faults of a kind."""
    table = Table(Column("Check", no_wrap=True), "Passed", "Failed", "Remark", box=SIMPLE)
    for row in dict.fromkeys(_row(each) for each in findings):
        found = [each for each in findings if _row(each) == row]
        passed = sum(1 for each in found if each.outcome is Outcome.PASSED)
        failed = [each for each in found if each.outcome is Outcome.FAILED]
        remark = ", ".join(each.stream or _fault(each) or "see below" for each in failed)
        if not passed and not failed:
            remark = f"not applicable: {found[0].sentence}"
        counted = [str(passed) if passed else "", str(len(failed)) if failed else ""]
        table.add_row(row, *counted, Text(remark))
    return table


def _row(finding: Finding) -> str:
    kind = _kind(finding)
    return f"{kind} …" if kind else finding.check


def _fault(finding: Finding) -> str:
    kind = _kind(finding)
    return finding.check.removeprefix(kind).strip() if kind else ""


def _kind(finding: Finding) -> str:
    return next((each for each in _KINDS if finding.check.startswith(each)), "")

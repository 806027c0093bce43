"""`manage.py connector WORD`: write a connector, try it, and check that it keeps its promises."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from portal.cli.connector.checking import Check
from portal.cli.connector.drafting import FromOpenApi
from portal.cli.connector.subcommand import Subcommand
from portal.cli.connector.trying import Try
from portal.cli.door import Door

SUBCOMMANDS: tuple[Subcommand, ...] = (Check(), Try(), FromOpenApi())


class Command(Door):
    help = "Check a connector's folder, and show what it reads from a source."

    def add_arguments(self, parser: CommandParser) -> None:
        words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
        for each in SUBCOMMANDS:
            one = words.add_parser(each.name, help=each.help, description=each.help)
            super().add_arguments(one)
            each.add_arguments(one)

    def answer(self, **options: Any) -> dict[str, Any]:
        self._chosen = next(each for each in SUBCOMMANDS if each.name == options["word"])
        result: dict[str, Any] = self._chosen.answer(**options)
        return result

    def show(self, result: dict[str, Any]) -> None:
        self._chosen.show(result, self.stdout.write)

    def conclude(self, result: dict[str, Any]) -> None:
        self._chosen.conclude(result)

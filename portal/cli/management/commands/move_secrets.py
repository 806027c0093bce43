"""`manage.py move_secrets`: the second half of choosing another store for credentials."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from portal.cli.door import Door
from portal.connections.moving import Moved, move_secrets


class Command(Door):
    help = (
        "Move all credentials to another store. First set MERCURIOS_SECRET_STORE to it and restart"
        " the portal: new ones go there then, and old ones are read where they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--to", required=True, metavar="CLASS", help="the path of its class")

    def answer(self, **options: Any) -> dict[str, Any]:
        done: Moved = move_secrets(to=options["to"], by="manage.py move_secrets")
        return {"to": options["to"], **vars(done)}

    def show(self, result: dict[str, Any]) -> None:
        self.stdout.write(
            f"{len(result['moved'])} credentials were moved, {result['were_there']} were there"
            " already."
        )
        if result["to"] != settings.SECRET_STORE:
            self.stderr.write(
                f"MERCURIOS_SECRET_STORE is still {settings.SECRET_STORE}: what is entered from now"
                " on goes there."
            )

    def conclude(self, result: dict[str, Any]) -> None:
        if result["refused"]:
            raise CommandError("\n".join(result["refused"]))

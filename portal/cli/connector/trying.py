"""`manage.py connector try PATH --stream S`: what does the source really send?"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from flows.connectors.kit.looking import look
from flows.connectors.reader import ReadFailed, ReadInterrupted
from flows.connectors.spec import Connector
from portal.cli.connector.folders import PATH_HELP, STREAM_HELP, folder_at
from portal.cli.connector.shown import as_table
from portal.cli.management.commands.onboard import credentials_in
from portal.connections.looking import records_of
from portal.connections.selectors import connection_by_path
from portal.connections.services import checked_credentials
from portal.lib.errors import Refused


class Try:
    name = "try"
    help = (
        "Show the first records of a stream as the source sends them, with what is personal"
        " hidden. Nothing is stored. Credentials come from a file, a connection, or are asked for."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", metavar="PATH", help=PATH_HELP)
        parser.add_argument("--stream", required=True, metavar="STREAM", help=STREAM_HELP)
        parser.add_argument("--limit", type=int, default=5, help="how many records (default: 5)")
        parser.add_argument(
            "--time-zone", default="Europe/Berlin", help="of a source that writes local time"
        )
        whose = parser.add_mutually_exclusive_group()
        whose.add_argument(
            "--credentials", metavar="FILE", help="a JSON object; - for standard input"
        )
        whose.add_argument(
            "--connection", metavar="TENANT/NAME", help="use the credentials of this connection"
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="a credential that is not secret",
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        stream, limit = options["stream"], options["limit"]
        if limit < 1:
            raise Refused("Ask for at least one record.", field="limit")
        spec = folder_at(options["path"], stream=stream).connector
        try:
            records = self._records(spec, stream, limit, options)
        except (ReadFailed, ReadInterrupted) as error:
            raise Refused(str(error)) from error
        return {"connector": spec.name, "stream": stream, "records": records}

    def show(self, result: dict[str, Any], write: Callable[[str], object]) -> None:
        if not result["records"]:
            write(f"{result['stream']} can be read, but there is nothing in it.")
            return
        write(as_table(result["records"]))

    def conclude(self, result: dict[str, Any]) -> None:
        """What could be shown was shown."""

    def _records(
        self, spec: Connector, stream: str, limit: int, options: Mapping[str, Any]
    ) -> list[Any]:
        if options["connection"]:
            return records_of(
                connection=connection_by_path(options["connection"]),
                spec=spec,
                stream=stream,
                limit=limit,
                who="a look at records on the command line",
            )
        source = options["credentials"]
        given = credentials_in(source) if source else {}
        given |= _said(spec, options["set"])
        asked = {} if source else _asked_for(spec, given)
        keep = partial(_keep_in, Path(source)) if source and source != "-" else None
        return look(
            spec,
            checked_credentials(spec, {**given, **asked}),
            stream=stream,
            limit=limit,
            allow_private=settings.ALLOW_PRIVATE_HOSTS,
            time_zone=_zone(options["time_zone"]),
            clock=_now,
            keep=keep,
        )


def _said(spec: Connector, words: list[str]) -> dict[str, str]:
    """:raises Refused: if a field is not there, or is one that must not be on a command line"""
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        field = spec.credentials.get(name)
        if field is None or not sign:
            known = ", ".join(each for each, one in spec.credentials.items() if not one.secret)
            raise Refused(f"Write --set FIELD=VALUE. What can be set: {known}.", field="set")
        if field.secret:
            raise Refused(
                f"{name} is secret: a command line is kept in the shell's history and seen by"
                " everybody on this machine. Put it into a file for --credentials, or leave it out"
                " to be asked.",
                field="set",
            )
        found[name] = value
    return found


def _asked_for(spec: Connector, given: Mapping[str, str]) -> dict[str, str]:
    """What is missing, typed in; what is secret is not shown while it is.

    :raises Refused: if nobody is there to type
    """
    found = {}
    for name, field in spec.credentials.items():
        if name in given or field.default is not None or field.optional:
            continue
        if not sys.stdin.isatty():
            raise Refused(
                f"{field.title} is missing, and nobody is there to be asked. Name a file with"
                " --credentials.",
                field="credentials",
            )
        ask = getpass.getpass if field.secret else input
        found[name] = ask(f"{field.title}: ")
    return found


def _keep_in(file: Path, changed: Mapping[str, str]) -> None:
    """Write what the login replaced into the file it came from, or leave the file as it is."""
    whole = {**credentials_in(str(file)), **changed}
    with NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.", delete=False) as written:
        json.dump(whole, written, indent=1)
        written.flush()
        os.fsync(written.fileno())
    Path(written.name).replace(file)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refused(
            f"There is no time zone {name}. Write one like Europe/Berlin.", field="time_zone"
        ) from error


def _now() -> datetime:
    """The login and the reading take a while, and tokens end by the clock."""
    return timezone.now()

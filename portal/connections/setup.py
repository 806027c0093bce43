"""What a connection reads and when: all of it is saved, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from flows.connectors.probe import ProbeResult
from flows.connectors.streams import Stream
from portal.connections.models import Connection, Schedule
from portal.connections.services import (
    choose_streams,
    connector_of,
    set_credentials,
    set_schedule,
    test_connection,
)
from portal.lib.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Setup:
    streams: list[str]
    history_from: date | None = None
    kind: str = Schedule.Kind.MANUAL
    cron: str = ""
    interval_minutes: int | None = None
    kept_personal_fields: Mapping[str, list[str]] = field(default_factory=dict)
    alerts_of_drift: bool = False


def set_up(*, connection: Connection, setup: Setup) -> None:
    """:raises Refused: if a value is not possible; nothing is saved then"""
    with transaction.atomic():
        choose_streams(
            connection=connection, streams=setup.streams, history_from=setup.history_from
        )
        keep_personal_fields(connection=connection, fields=setup.kept_personal_fields)
        want_alerts_of_drift(connection=connection, wants=setup.alerts_of_drift)
        set_schedule(
            connection=connection,
            kind=setup.kind,
            cron=setup.cron,
            interval_minutes=setup.interval_minutes,
        )


def keep_personal_fields(*, connection: Connection, fields: Mapping[str, list[str]]) -> None:
    """Decide which personal fields this tenant's data keeps. What is not named does not land.

    :raises Refused: if a field does not exist, or is one that never lands
    """
    streams = connector_of(connection).streams
    for stream, names in fields.items():
        offered = personal_choices(streams[stream]) if stream in streams else []
        if unknown := [name for name in names if name not in offered]:
            raise Refused(
                f"{stream} has no personal field {unknown[0]} that could be kept. Leave it out.",
                field="kept_personal_fields",
            )
    connection.kept_personal_fields = {
        stream: [name for name in personal_choices(streams[stream]) if name in names]
        for stream, names in fields.items()
        if names
    }
    connection.save(update_fields=["kept_personal_fields"])


def want_alerts_of_drift(*, connection: Connection, wants: bool) -> None:
    connection.alerts_of_drift = wants
    connection.save(update_fields=["alerts_of_drift"])


def personal_choices(stream: Stream) -> list[str]:
    """The personal fields that a tenant may decide to keep."""
    return sorted(stream.personal.drop | stream.personal.hash)


def enter_credentials(
    *,
    connection: Connection,
    values: Mapping[str, str],
    at: datetime,
    by: AbstractBaseUser | None = None,
) -> ProbeResult:
    """Store credentials, then try them.

    :raises Refused: if a value is missing or malformed; nothing is stored then
    """
    set_credentials(connection=connection, values=values, at=at, by=by)
    return test_connection(connection=connection, at=at)

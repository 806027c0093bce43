"""A new connection in one go: with credentials, streams and schedule, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django_scopes import scopes_disabled

from portal.connections import services
from portal.connections.models import Connection
from portal.lib.errors import Refused
from portal.marketplace.services import hold_connector
from portal.tenants.models import Tenant


def open_connection(
    *,
    tenant: Tenant,
    connector: str,
    name: str,
    at: datetime,
    credentials: Mapping[str, str] | None = None,
    streams: list[str] | None = None,
    history_from: date | None = None,
    schedule: Mapping[str, Any] | None = None,
) -> Connection:
    """:raises Refused: if any part of it is malformed; nothing is stored then"""
    if history_from is not None and streams is None:
        raise Refused("Choose the streams that are to be read from then.", field="streams")
    with transaction.atomic():
        connection = services.create_connection(tenant=tenant, connector=connector, name=name)
        if credentials is not None:
            with _inside("credentials"):
                services.set_credentials(connection=connection, values=credentials, at=at)
        if streams is not None:
            services.choose_streams(
                connection=connection, streams=streams, history_from=history_from
            )
        if schedule is not None:
            with _inside("schedule"):
                services.set_schedule(connection=connection, **schedule)
    return connection


def change_streams(*, connection: Connection, changes: Mapping[str, Any]) -> None:
    """Choose other streams or another beginning; what is not in `changes` stays.

    :raises Refused: if a stream does not exist or none is chosen
    """
    with transaction.atomic(), scopes_disabled():  # the connection is named in the call
        hold_connector(connection.connector)  # before the connection, as others do
        held = services.hold_connection(connection)
        kept = {"streams": held.streams, "history_from": held.history_from}
        services.choose_streams(connection=connection, **{**kept, **changes})


@contextmanager
def _inside(part: str) -> Iterator[None]:
    """A field is named as the caller wrote it: within the part it stands in."""
    try:
        yield
    except Refused as error:
        field = f"{part}.{error.field}" if error.field else part
        raise Refused(error.message, field=field) from error

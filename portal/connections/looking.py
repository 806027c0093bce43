"""A look at the records behind a connection, with its own credentials."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from flows.connectors.kit.looking import look
from flows.connectors.spec import Connector
from portal.connections.models import Connection
from portal.connections.rotation import keep_rotated, rotated_field
from portal.connections.secrets import secret_store
from portal.connections.selectors import credentials_set_at
from portal.connections.services import connector_of
from portal.lib.errors import Refused
from portal.marketplace.selectors import binding_for


def records_of(
    *, connection: Connection, spec: Connector, stream: str, limit: int, who: str
) -> list[Any]:
    """The first records of a stream, people hidden.

    :param spec: has to be the connector that the connection uses: credentials go where it says
    :param who: who looks, for the audit
    :raises Refused: if it is another connector, or there are no usable credentials
    :raises ReadFailed, ReadInterrupted: with a sentence
    """
    if connector_of(connection) != spec:
        raise Refused(
            f"The credentials of {connection} were entered for {connection.connector} as it is"
            " installed, and this folder says something else. Give credentials in a file to try"
            " it.",
            field="connection",
        )
    set_at, bound_to = credentials_set_at(connection), binding_for(spec)
    values = secret_store().get(connection=connection, reader=who, bound_to=bound_to)

    def keep(changed: Mapping[str, str]) -> None:
        keep_rotated(
            connection=connection,
            spec=spec,
            bound_to=bound_to,
            values=changed,
            set_at=set_at,
            who=who,
        )

    return look(
        spec,
        values,
        stream=stream,
        limit=limit,
        allow_private=settings.ALLOW_PRIVATE_HOSTS,
        time_zone=ZoneInfo(connection.tenant.time_zone),
        clock=_now,
        keep=keep if rotated_field(spec) else None,
    )


def _now() -> datetime:
    """The login and the reading take a while, and tokens end by the clock."""
    return timezone.now()

"""A retailer in one step, for scripts and the demo: all of it is created, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from portal.connections import services
from portal.connections.models import Connection
from portal.connections.outcome import as_json
from portal.lib.errors import Refused
from portal.marketplace.selectors import connector_for
from portal.tenants.models import Tenant
from portal.tenants.services import check_tenant


@dataclass(frozen=True)
class Wish:
    """What is to be there afterwards. A tenant that is not saved yet is created with it."""

    tenant: Tenant
    connector: str
    connection: str
    credentials: Mapping[str, str] = field(repr=False)
    schedule: Mapping[str, Any] = field(default_factory=lambda: {"kind": "MANUAL"})
    streams: list[str] | None = None
    history_from: date | None = None


def onboard(wish: Wish, *, at: datetime) -> Connection:
    """Test the credentials against the source first; write everything in one transaction then.

    :raises Refused: with the first thing to correct; nothing was created
    """
    if wish.tenant.pk is None:
        check_tenant(wish.tenant)
    spec = connector_for(tenant=wish.tenant, name=wish.connector)
    values = dict(services.checked_credentials(spec, wish.credentials))
    services.check_new_connection(
        tenant=wish.tenant, connector=wish.connector, name=wish.connection
    )
    # Seconds of waiting for a source must not hold a lock on the database.
    # What the login replaces meanwhile takes its place among the values that are kept.
    result = services.try_credentials(
        spec=spec, values=dict(values), tenant=wish.tenant, keep=values.update
    )
    outcome = as_json(result)
    if not outcome["ok"]:
        raise Refused(outcome["message"], field="credentials")
    with transaction.atomic():
        if wish.tenant.pk is None:
            wish.tenant.save(force_insert=True)
        connection = services.create_connection(
            tenant=wish.tenant, connector=wish.connector, name=wish.connection
        )
        services.set_credentials(connection=connection, values=values, at=at)
        services.keep_test_result(connection=connection, result=result, set_at=at, at=at)
        services.choose_streams(
            connection=connection,
            streams=connection.streams if wish.streams is None else wish.streams,
            history_from=wish.history_from,
        )
        services.set_schedule(connection=connection, **wish.schedule)
    return connection

"""Writing connections: their account, credentials, streams and schedule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_scopes import scopes_disabled

from flows.connectors.catalog import connectors
from flows.connectors.credentials import CredentialsInvalid
from flows.connectors.probe import ProbeResult, probe
from flows.connectors.spec import Connector, validate_credentials
from portal.connections.cron import checked_cron
from portal.connections.models import Connection, Schedule
from portal.connections.outcome import as_json, found_by
from portal.connections.rotation import keeper_of
from portal.connections.secrets import secret_store
from portal.connections.selectors import credentials_set_at
from portal.lib.errors import Refused
from portal.marketplace.bounded import check_values_in_time
from portal.marketplace.models import ConnectorVersion
from portal.marketplace.selectors import (
    binding_for,
    connector_for,
    spec_of,
    uploaded_title,
    version_for,
)
from portal.marketplace.services import hold_connector
from portal.tenants.models import SLUG_PATTERN, Tenant
from portal.tenants.services import hold_tenant

# Before it, no source has a record, and a moment in another time zone may not exist.
EARLIEST_HISTORY = date(1970, 1, 1)


def create_connection(*, tenant: Tenant, connector: str, name: str) -> Connection:
    """:raises Refused: if connector or tenant are unknown, or the name malformed or taken"""
    check_new_connection(tenant=tenant, connector=connector, name=name)
    connection = Connection(tenant=tenant, connector=connector, name=name)
    try:
        with transaction.atomic(), scopes_disabled():  # the tenant is named in the call
            hold_tenant(tenant)
            connection.save(force_insert=True)
            Schedule.objects.create(connection=connection)
    except IntegrityError as error:
        raise name_taken(tenant, name) from error
    return connection


def check_new_connection(*, tenant: Tenant, connector: str, name: str) -> None:
    """:raises Refused: with the first thing to correct"""
    connector_for(tenant=tenant, name=connector)
    if not re.fullmatch(SLUG_PATTERN, name) or len(name) > 40:
        raise Refused(
            "Choose a name of small letters, digits and single hyphens that starts with a letter,"
            " such as tills.",
            field="name",
        )
    with scopes_disabled():  # the tenant is named in the call
        if Connection.objects.filter(tenant_id=tenant.pk, name=name).exists():
            raise name_taken(tenant, name)


def name_taken(tenant: Tenant, name: str) -> Refused:
    return Refused(f"{tenant} already has a connection {name}. Choose another name.", field="name")


def set_credentials(
    *,
    connection: Connection,
    values: Mapping[str, str],
    at: datetime,
    by: AbstractBaseUser | None = None,
) -> None:
    """Replace a connection's credentials. What was tested with the old ones is forgotten.

    :raises Refused: if a value is missing or malformed; nothing is stored then
    """
    spec = connector_of(connection)
    checked, bound_to = checked_credentials(spec, values), binding_for(spec)
    with transaction.atomic():
        secret_store().put(connection=connection, values=checked, at=at, by=by, bound_to=bound_to)
        connection.test_result = None
        connection.tested_at = None
        connection.save(update_fields=["test_result", "tested_at"])


def checked_credentials(spec: Connector, values: Mapping[str, str]) -> dict[str, str]:
    """:raises Refused: with the first value to correct; `credential_errors` names them all"""
    _check_patterns(spec, values)
    try:
        return validate_credentials(spec, values)
    except CredentialsInvalid as error:
        field, message = next(iter(error.errors.items()))
        raise Refused(message, field=field) from error


def credential_errors(spec: Connector, values: Mapping[str, str]) -> dict[str, str]:
    """One sentence for each value that is missing or malformed. None of them repeats a value.

    :raises Refused: if an uploaded connector's patterns do not come to an end
    """
    _check_patterns(spec, values)
    try:
        validate_credentials(spec, values)
    except CredentialsInvalid as error:
        return error.errors
    return {}


def _check_patterns(spec: Connector, values: Mapping[str, str]) -> None:
    """Ours are known to be harmless; those of an upload are tried where they can be stopped."""
    if connectors().get(spec.name) is not spec:
        check_values_in_time(spec, values)


def test_connection(*, connection: Connection, at: datetime) -> ProbeResult:
    """Log in and look at every stream; keep the outcome with the connection.

    :raises Refused: if there are no usable credentials, or others were entered meanwhile
    """
    set_at = credentials_set_at(connection)  # before they are read, or newer ones pass as tested
    spec = connector_of(connection)
    bound_to = binding_for(spec)
    keep = keeper_of(connection, spec=spec, bound_to=bound_to, who="a test of the connection")
    values = secret_store().get(
        connection=connection, reader="a test of the connection", bound_to=bound_to
    )
    result = try_credentials(spec=spec, values=values, tenant=connection.tenant, keep=keep)
    keep_test_result(connection=connection, result=result, set_at=set_at, at=at)
    return result


def try_credentials(
    *,
    spec: Connector,
    values: Mapping[str, str],
    tenant: Tenant,
    keep: Callable[[Mapping[str, str]], None] | None = None,
) -> ProbeResult:
    """Ask the source what these credentials can read. Takes seconds and writes nothing.

    :param keep: saves what the login replaced; without it, no login is tried that does so
    """
    return probe(
        spec,
        values,
        allow_private=settings.ALLOW_PRIVATE_HOSTS,
        time_zone=ZoneInfo(tenant.time_zone),
        clock=timezone.now,  # the test takes a while, and tokens expire by the clock
        keep=keep,
    )


def keep_test_result(
    *, connection: Connection, result: ProbeResult, set_at: datetime | None, at: datetime
) -> None:
    """Write down what a test of the credentials of `set_at` found, beside what was edited since.

    :raises Refused: if they are not the connection's credentials any more, or its tenant may not
        use its connector any more; nothing is kept then
    """
    with transaction.atomic(), scopes_disabled():  # the connection is named in the call
        hold_connector(connection.connector)  # before the connection, as others do
        locked = hold_connection(connection)
        if credentials_set_at(locked) != set_at:
            raise Refused(
                f"Other credentials were entered for {connection} while it was tested."
                " Test it again."
            )
        offered = connector_of(connection).streams
        kept = found_by(result, offered=offered, had_streams=bool(locked.streams))
        kept |= {"test_result": as_json(result), "tested_at": at}
        for name, value in kept.items():
            setattr(locked, name, value)
            setattr(connection, name, value)
        connection.streams = locked.streams  # which may have been chosen meanwhile
        locked.save(update_fields=list(kept))


def choose_streams(
    *, connection: Connection, streams: list[str], history_from: date | None = None
) -> None:
    """:raises Refused: if a stream does not exist, none is chosen, or the day is out of bounds"""
    if history_from is not None:
        _check_history(history_from)
    with transaction.atomic():
        hold_connector(connection.connector)  # no other version takes its place meanwhile
        connection.streams = _checked_streams(connection, streams)
        connection.history_from = history_from
        connection.save(update_fields=["streams", "history_from"])


def _checked_streams(connection: Connection, streams: list[str]) -> list[str]:
    """In the connector's own order."""
    known = connector_of(connection).streams
    if unknown := [stream for stream in streams if stream not in known]:
        raise Refused(
            f"{connection.connector} has no stream {unknown[0]}. It has {', '.join(known)}.",
            field="streams",
        )
    if not streams:
        raise Refused("Choose at least one stream.", field="streams")
    return [stream for stream in known if stream in streams]


def _check_history(begins: date) -> None:
    tomorrow = timezone.now().date() + timedelta(days=1)  # it is tomorrow already east of us
    if not EARLIEST_HISTORY <= begins <= tomorrow:
        raise Refused(
            f"Choose a day from {EARLIEST_HISTORY} to today as the beginning of the history.",
            field="history_from",
        )


def set_schedule(
    *, connection: Connection, kind: str, cron: str = "", interval_minutes: int | None = None
) -> Schedule:
    """:raises Refused: if the cron expression or the interval is not usable"""
    checked = checked_schedule(kind=kind, cron=cron, interval_minutes=interval_minutes)
    with scopes_disabled():  # the connection is named in the call
        schedule: Schedule
        schedule, _ = Schedule.objects.update_or_create(connection=connection, defaults=checked)
    connection.schedule = schedule
    return schedule


def checked_schedule(
    *, kind: str, cron: str = "", interval_minutes: int | None = None
) -> dict[str, Any]:
    """A schedule's fields: what its kind needs, and nothing else.

    :raises Refused: if the cron expression or the interval is not usable
    """
    if kind not in Schedule.Kind.values:
        raise Refused(f"A schedule is one of {', '.join(Schedule.Kind.values)}.", field="kind")
    if kind == Schedule.Kind.CRON:
        cron = checked_cron(cron)
    if kind == Schedule.Kind.INTERVAL and not 1 <= (interval_minutes or 0) <= 10_080:
        raise Refused("Choose an interval of 1 to 10080 minutes.", field="interval_minutes")
    return {
        "kind": kind,
        "cron": cron if kind == Schedule.Kind.CRON else "",
        "interval_minutes": interval_minutes if kind == Schedule.Kind.INTERVAL else None,
    }


def parse_schedule(text: str) -> dict[str, Any]:
    """Read what people write: `manual`, `every 30 minutes`, `30m`, `6h` or a cron expression."""
    words = text.strip().lower()
    if words in {"", "manual"}:
        return {"kind": Schedule.Kind.MANUAL}
    match = re.fullmatch(r"(?:every\s+)?(\d{1,5})\s*(m|min|minutes?|h|hours?)", words)
    if match:
        factor = 60 if match[2].startswith("h") else 1
        return {"kind": Schedule.Kind.INTERVAL, "interval_minutes": int(match[1]) * factor}
    return {"kind": Schedule.Kind.CRON, "cron": text.strip()}


def remove_connection(*, connection: Connection) -> None:
    """Forget a connection and its credentials. The reconciler removes its deployment."""
    with transaction.atomic(), scopes_disabled():  # the connection is named in the call
        secret_store().forget(connection=connection)
        hold_connection(connection)  # a run that is being claimed is waited for, and goes as well
        connection.delete()


def next_fence(*, connection: Connection) -> int:
    """A number higher than any that a run of this connection has had.

    :raises Refused: if the connection was removed meanwhile
    """
    with transaction.atomic(), scopes_disabled():  # the connection is named in the call
        locked = hold_connection(connection)
        locked.fence += 1
        locked.save(update_fields=["fence"])
    return int(locked.fence)


def hold_connection(connection: Connection) -> Connection:
    """The connection as it is now; others who write it wait for the end of the transaction.

    :raises Refused: if it was removed meanwhile
    """
    locked: Connection | None = (
        Connection.objects.select_for_update(no_key=True)  # rows that refer to it may come
        .filter(pk=connection.pk)
        .first()  # one at most
    )
    if locked is None:
        raise Refused(f"{connection} was removed meanwhile. Add it anew.")
    return locked


def connector_of(connection: Connection) -> Connector:
    """What the connection's tenant uses of its connector now.

    :raises Refused: if there is none, or the tenant may not use it
    """
    return connector_for(tenant=connection.tenant, name=connection.connector)


def version_to_run(connection: Connection) -> ConnectorVersion | None:
    """The version of an uploaded connector that a run begins with. None for one that we bring.

    :raises Refused: if it was uploaded, and the tenant may not use it
    """
    tenant, name = connection.tenant, connection.connector
    version = version_for(tenant=tenant, name=name)
    if version is None and uploaded_title(name):
        connector_for(tenant=tenant, name=name)  # refuses, unless it is ours by now
    return version


def connector_of_run(connection: Connection, version: ConnectorVersion | None) -> Connector:
    """What a run reads with: the version it began with, or what we bring.

    :raises Refused: if that is not there any more
    """
    return connector_of(connection) if version is None else spec_of(version)

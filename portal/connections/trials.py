"""Trying a version of an uploaded connector with somebody's account, before anybody uses it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from portal.connections.models import Connection, Credentials
from portal.connections.outcome import as_json
from portal.connections.rotation import keeper_of
from portal.connections.secrets import secret_store
from portal.connections.services import checked_credentials, try_credentials
from portal.marketplace.models import ConnectorVersion, Trial
from portal.marketplace.selectors import binding_of_version, spec_of
from portal.marketplace.services import keep_trial
from portal.tenants.models import Tenant


def connections_to_try(version: ConnectorVersion) -> QuerySet[Connection]:
    """Those whose credentials this version may have: entered for this connector, as it does now.

    The tenants' scope is the caller's.
    """
    bound = Credentials.objects.filter(bound_to=binding_of_version(version))
    found: QuerySet[Connection] = Connection.objects.filter(
        connector=version.connector.name, credentials__in=bound
    )
    return found.select_related("tenant").order_by("tenant__slug", "name")


def try_connection(
    *, version: ConnectorVersion, connection: Connection, by: AbstractBaseUser, at: datetime
) -> Trial:
    """Log in and look at every stream with a connection's credentials; keep what was found.

    :raises Refused: if it has none, or they were entered for something else
    """
    spec, bound_to = spec_of(version), binding_of_version(version)
    who = f"a trial of {version} by {by.get_username()}"
    keep = keeper_of(connection, spec=spec, bound_to=bound_to, who=who)
    values = secret_store().get(connection=connection, reader=who, bound_to=bound_to)
    result = try_credentials(spec=spec, values=values, tenant=connection.tenant, keep=keep)
    return keep_trial(
        version=version,
        tenant=connection.tenant,
        connection_name=str(connection),
        result=as_json(result),
        by=by,
        at=at,
    )


def try_values(
    *,
    version: ConnectorVersion,
    tenant: Tenant,
    values: Mapping[str, str],
    by: AbstractBaseUser,
    at: datetime,
) -> Trial:
    """The same with credentials that are typed in for it. They are not kept.

    :raises Refused: if a value is missing or malformed
    """
    spec = spec_of(version)
    checked = checked_credentials(spec, values)
    result = try_credentials(spec=spec, values=checked, tenant=tenant)
    return keep_trial(
        version=version, tenant=tenant, connection_name="", result=as_json(result), by=by, at=at
    )

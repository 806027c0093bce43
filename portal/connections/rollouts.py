"""Giving a tenant a version of an uploaded connector, with regard to the connections it has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django_scopes import scopes_disabled

from portal.connections.models import Connection
from portal.connections.selectors import must_be_entered_again
from portal.lib.errors import Refused
from portal.marketplace import services
from portal.marketplace.models import ConnectorVersion, UploadedConnector
from portal.marketplace.selectors import spec_of
from portal.tenants.models import Tenant


def roll_out(
    *,
    version: ConnectorVersion,
    tenants: Iterable[Tenant],
    by: AbstractBaseUser,
    at: datetime,
) -> list[Connection]:
    """From their next run on, the tenants' connections read with this version.

    Gives the connections whose credentials have to be entered again before they can run.

    :raises Refused: if it was never tried with success, or a connection reads a stream that it does
        not have; then nothing changes for anybody
    """
    chosen = list(tenants)
    if not chosen:
        raise Refused("Choose at least one tenant.", field="tenants")
    with transaction.atomic():
        services.hold_connector(version.connector.name)
        found = [each for tenant in chosen for each in _checked(version, tenant)]
        services.use(version=version, tenants=chosen, who=by.get_username(), at=at)
        return [each for each in found if must_be_entered_again(each)]


def roll_back(
    *, connector: UploadedConnector, tenant: Tenant, by: AbstractBaseUser, at: datetime
) -> list[Connection]:
    """Use what the tenant used before. Credentials stay; gives the connections as `roll_out` does.

    :raises Refused: if it used none before, or a connection reads a stream that it did not have
    """
    with transaction.atomic():
        # First of all: what is looked at is what is rolled back to, whatever others do meanwhile.
        services.hold_connector(connector.name)
        version = services.previous_version(connector=connector, tenant=tenant)
        found = _checked(version, tenant)
        services.roll_back(connector=connector, tenant=tenant, who=by.get_username(), at=at)
        return [each for each in found if must_be_entered_again(each)]


def _checked(version: ConnectorVersion, tenant: Tenant) -> list[Connection]:
    """A tenant's connections of this connector, all of whose streams the version has."""
    streams = spec_of(version).streams
    found = connections_of(tenant=tenant, connector=version.connector)
    for connection in found:
        if missing := [name for name in connection.streams if name not in streams]:
            raise Refused(
                f"{connection} reads {missing[0]}, which {version} does not have. Choose other"
                " streams for it first.",
                field="tenants",
            )
    return found


def connections_of(*, tenant: Tenant, connector: UploadedConnector) -> list[Connection]:
    with scopes_disabled():  # the tenant is named in the call
        found = Connection.objects.filter(tenant=tenant, connector=connector.name)
        return list(found.select_related("tenant").order_by("name"))

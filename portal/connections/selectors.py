"""Reading connections."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django_scopes import scopes_disabled

from portal.connections.models import Connection, Credentials
from portal.lib.errors import Refused
from portal.marketplace.selectors import binding_for, connector_for

if TYPE_CHECKING:
    from django.db.models import QuerySet


def connections() -> QuerySet[Connection]:
    """The connections of the tenant in scope."""
    found: QuerySet[Connection] = Connection.objects.select_related("tenant", "schedule")
    return found.order_by("tenant__slug", "name")


def connection_by_path(path: str) -> Connection:
    """The connection that operators call `tenant/name`.

    :raises Refused: if there is none
    """
    slug, _, name = path.partition("/")
    with scopes_disabled():  # the tenant is named in the call
        found: Connection | None = (
            Connection.objects.select_related("tenant", "schedule", "pipeline")
            .filter(tenant__slug=slug, name=name)
            .first()  # the pair is unique
        )
    if found is None:
        raise Refused(
            f"There is no connection {path}. Write TENANT/NAME; `manage.py status` lists them.",
            field="connection",
        )
    return found


def has_credentials(connection: Connection) -> bool:
    with scopes_disabled():  # the connection is named in the call
        return Credentials.objects.filter(connection=connection).exists()


def credentials_set_at(connection: Connection) -> datetime | None:
    """When the credentials that a connection has now were entered."""
    with scopes_disabled():  # the connection is named in the call
        row = Credentials.objects.filter(connection=connection).only("set_at").first()  # one
    return row.set_at if row else None


def enter_again(connection: Connection) -> str:
    """The sentence for whoever can do that."""
    return (
        f"The connector of {connection} asks for other credentials than when they were entered, or"
        " sends them elsewhere. Enter them again."
    )


def must_be_entered_again(connection: Connection) -> bool:
    """Whether there are credentials which its connector, as it is now, does not get."""
    with scopes_disabled():  # the connection is named in the call
        row = Credentials.objects.filter(connection=connection).only("bound_to").first()  # one
    if row is None:
        return False
    try:
        spec = connector_for(tenant=connection.tenant, name=connection.connector)
    except Refused:  # there is no connector that could get them
        return False
    return bool(row.bound_to != binding_for(spec))


def check_ready(connection: Connection) -> None:
    """:raises Refused: with the first thing that has to be done before it can run"""
    if not has_credentials(connection):
        raise Refused(f"{connection} has no credentials yet. Enter them first.")
    if must_be_entered_again(connection):
        raise Refused(enter_again(connection))
    if connection.test_result is None:
        raise Refused(f"{connection} has not been tested yet. Test it first.")
    if not connection.test_result["ok"]:
        raise Refused(
            f"The last test of {connection} failed: {connection.test_result['message']}"
            " Correct that and test it again."
        )
    if not connection.streams:
        raise Refused(f"{connection} has no streams yet. Choose at least one.")

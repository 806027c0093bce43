"""Reading what should run: the state of connections, and what Prefect does not agree with yet."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django_scopes import scopes_disabled

from portal.connections.models import Connection, Credentials
from portal.pipelines.desired import is_held_back
from portal.pipelines.models import Pipeline, Restraint
from portal.tenants.models import Tenant

if TYPE_CHECKING:
    from django.db.models import QuerySet


class State(StrEnum):
    """How far a connection has come; each but the last four says what has to be done next."""

    NO_CREDENTIALS = "Credentials needed"
    NOT_TESTED = "Not tested"
    TEST_FAILED = "Test failed"
    NOT_DEPLOYED = "Not deployed"
    UNCONVERGED = "Waiting for Prefect"
    PAUSED = "Paused"
    HELD_BACK = "Paused by a budget"
    ACTIVE = "Active"


def connections_with_state() -> QuerySet[Connection]:
    """The connections of the tenant in scope, with everything that `state_of` looks at."""
    stored = Credentials.objects.filter(connection=OuterRef("pk"))
    found = Connection.objects.select_related("tenant__restraint", "schedule", "pipeline")
    return found.annotate(has_credentials=Exists(stored)).order_by("tenant__slug", "name")


def pipeline_of(connection: Connection) -> Pipeline | None:
    return getattr(connection, "pipeline", None)


def state_of(connection: Connection) -> State:
    """
    :param connection: from `connections_with_state`
    """
    pipeline = pipeline_of(connection)
    if pipeline is not None:
        if pipeline.problem:
            return State.UNCONVERGED
        if pipeline.wanted == Pipeline.Wanted.PAUSED:
            return State.PAUSED
        return State.HELD_BACK if is_held_back(connection) else State.ACTIVE
    if not getattr(connection, "has_credentials", False):
        return State.NO_CREDENTIALS
    if connection.test_result is None:
        return State.NOT_TESTED
    return State.NOT_DEPLOYED if connection.test_result["ok"] else State.TEST_FAILED


def troubled_pipelines() -> QuerySet[Pipeline]:
    """Those of the tenant in scope that Prefect does not agree with yet."""
    found = Pipeline.objects.exclude(problem="").select_related("connection__tenant")
    return found.order_by("connection__tenant__slug", "connection__name")


def restraint_of(tenant: Tenant) -> Restraint | None:
    """As it is now: a budget may have been used up since the tenant was read."""
    with scopes_disabled():  # the tenant is named in the call
        return Restraint.objects.filter(tenant=tenant).first()  # one at most

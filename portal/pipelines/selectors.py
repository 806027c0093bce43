"""Reading what should run: the state of connections, and what Prefect does not agree with yet."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from portal.connections.models import Connection, Credentials
from portal.pipelines.models import Pipeline

if TYPE_CHECKING:
    from django.db.models import QuerySet


class State(StrEnum):
    """How far a connection has come; each but the last three says what has to be done next."""

    NO_CREDENTIALS = "Credentials needed"
    NOT_TESTED = "Not tested"
    TEST_FAILED = "Test failed"
    NOT_DEPLOYED = "Not deployed"
    UNCONVERGED = "Waiting for Prefect"
    PAUSED = "Paused"
    ACTIVE = "Active"


def connections_with_state() -> QuerySet[Connection]:
    """The connections of the tenant in scope, with everything that `state_of` looks at."""
    stored = Credentials.objects.filter(connection=OuterRef("pk"))
    found = Connection.objects.select_related("tenant", "schedule", "pipeline")
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
        return State.PAUSED if pipeline.wanted == Pipeline.Wanted.PAUSED else State.ACTIVE
    if not getattr(connection, "has_credentials", False):
        return State.NO_CREDENTIALS
    if connection.test_result is None:
        return State.NOT_TESTED
    return State.NOT_DEPLOYED if connection.test_result["ok"] else State.TEST_FAILED


def troubled_pipelines() -> QuerySet[Pipeline]:
    """Those of the tenant in scope that Prefect does not agree with yet."""
    found = Pipeline.objects.exclude(problem="").select_related("connection__tenant")
    return found.order_by("connection__tenant__slug", "connection__name")

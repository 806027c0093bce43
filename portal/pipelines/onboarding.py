"""Changes to what a deployment is made from: saved first, then brought to Prefect.

Prefect is never asked inside a transaction: while it is slow, flow runs must be able to report.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django_scopes import scopes_disabled

from portal.connections.models import Connection
from portal.connections.selectors import check_ready
from portal.connections.services import remove_connection
from portal.connections.setup import Setup, set_up
from portal.pipelines.desired import deployment_name
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import PrefectApi, PrefectRefused, PrefectUnavailable
from portal.pipelines.services import converge, deploy, held_deployments
from portal.tenants.models import Tenant


def save_setup(
    *, connection: Connection, setup: Setup, deploys: bool, api: PrefectApi, at: datetime
) -> Pipeline | None:
    """Save what a connection reads and when; deploy it, or bring the change to its deployment.

    :raises Refused: if a value is not possible, or the connection is not ready to be deployed;
        nothing is saved then
    """
    with transaction.atomic():
        set_up(connection=connection, setup=setup)
        if deploys:
            check_ready(connection)
    if deploys:
        return deploy(connection=connection, api=api, at=at)
    return converge(connection=connection, api=api, at=at)


def retire(*, connection: Connection, api: PrefectApi) -> str:
    """Remove a connection and its deployment.

    :return: a sentence if Prefect could not be told; the reconciler does it then
    """
    name = deployment_name(connection)
    remove_connection(connection=connection)
    return withdraw(name=name, api=api)


def withdraw(*, name: str, api: PrefectApi) -> str:
    """Remove the deployment of a connection that is gone.

    :return: a sentence if Prefect could not be told; the reconciler does it then
    """
    try:
        for held in held_deployments(api, name=name):
            api.delete_deployment(held.id)
    except (PrefectUnavailable, PrefectRefused) as error:
        return str(error)
    return ""


def converge_tenant(*, tenant: Tenant, api: PrefectApi, at: datetime) -> list[Pipeline]:
    """Bring a changed tenant, such as one that moved to another time zone, to its deployments."""
    with scopes_disabled():  # the tenant is named in the call
        connections = list(
            Connection.objects.filter(tenant=tenant, pipeline__isnull=False).order_by("name")
        )
    found = (converge(connection=connection, api=api, at=at) for connection in connections)
    return [pipeline for pipeline in found if pipeline is not None]

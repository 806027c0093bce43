"""Reading what was done with Snowflake, what was seen there, and whom it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_scopes import scopes_disabled

from portal.runs.models import Run
from portal.tenants.models import Tenant
from portal.warehouses.models import AccountState, WarehouseAction

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class Affected:
    """Tenants on Snowflake, and how many of their runs are going on."""

    tenants: int
    runs: int


def actions() -> QuerySet[WarehouseAction]:
    return WarehouseAction.objects.order_by("-pk")


def account_state() -> AccountState:
    """An empty one while nobody has looked."""
    return AccountState.objects.first() or AccountState()  # there is one at most


def is_waiting() -> bool:
    """Whether something that was asked for has not ended."""
    return actions().filter(outcome=WarehouseAction.Outcome.REQUESTED).exists()


def affected() -> Affected:
    with scopes_disabled():  # what is done with the account concerns every tenant on it
        tenants = Tenant.objects.filter(engine=Tenant.Engine.SNOWFLAKE)
        runs = Run.objects.filter(tenant__in=tenants, status=Run.Status.RUNNING)
        return Affected(tenants=tenants.count(), runs=runs.count())

"""Hearing of tenants that are to be on Snowflake: a worker makes their schemas at once.

Whatever goes wrong here, the platform's own schedule does it within a quarter of an hour.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.pipelines.prefect import prefect_api
from portal.tenants.models import Tenant
from portal.warehouses.models import Action
from portal.warehouses.services import Wish, ask


def hear_of_tenant(
    sender: type[Tenant],
    instance: Tenant,
    created: bool,
    update_fields: frozenset[str] | None = None,
    **kwargs: Any,
) -> None:
    """Once the tenant is certain, whether it is new or has moved there."""
    is_here_now = created or "engine" in (update_fields or ())
    if is_here_now and instance.engine == Tenant.Engine.SNOWFLAKE:
        # Robust: a tenant is made, even if this cannot be written down.
        transaction.on_commit(lambda: _provide(instance.slug), robust=True)


def _provide(slug: str) -> None:
    wish = Wish(action=Action.APPLY, who=f"the portal, for {slug}")
    ask(wish, api=prefect_api(is_patient=False), at=timezone.now())

"""That somebody looks at a tenant's figures: a count a day, for advice on what nobody reads."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime

from django.db import DatabaseError, transaction
from django.db.models import F, Max, Min
from django_scopes import scopes_disabled

from portal.costs.models import Reading
from portal.tenants.models import Tenant

logger = logging.getLogger(__name__)


def note_reading(*, tenant: Tenant, at: datetime) -> None:
    """Count one more; if that fails, whoever reads gets their page all the same."""
    day = at.astimezone(UTC).date()
    try:
        with transaction.atomic(), scopes_disabled():  # the tenant is named in the call
            if not _counted(tenant, day):
                # Two may be the first at the same moment: each counts what is there then.
                Reading.objects.bulk_create(
                    [Reading(tenant=tenant, day=day, times=0)], ignore_conflicts=True
                )
                _counted(tenant, day)
    except DatabaseError:
        logger.exception("A reading of %s was not counted", tenant.slug)


def _counted(tenant: Tenant, day: date) -> bool:
    row = Reading.objects.filter(tenant=tenant, day=day)
    return bool(row.update(times=F("times") + 1))


def last_readings() -> dict[int, date]:
    """The day on which somebody last looked at each tenant's figures, by the tenant's key."""
    with scopes_disabled():  # all tenants are asked for
        return dict(Reading.objects.values_list("tenant_id").annotate(last=Max("day")))


def noted_since() -> date | None:
    """The day of the first reading of all: before it, nobody noted any."""
    with scopes_disabled():  # all tenants are asked for
        found: date | None = Reading.objects.aggregate(first=Min("day"))["first"]
    return found

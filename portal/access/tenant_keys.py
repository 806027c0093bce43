"""The keys of one tenant."""

from __future__ import annotations

from django.db.models import QuerySet

from portal.access.models import ApiKey
from portal.tenants.models import Tenant


def keys_of(tenant: Tenant) -> QuerySet[ApiKey]:
    """Also those that are expired or revoked, the newest first."""
    return ApiKey.objects.filter(tenant=tenant).order_by("-created_at", "-pk")

"""Hearing of connections that go: their runs go with them, and what these used must not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_scopes import scopes_disabled

from portal.connections.models import Connection
from portal.costs.measured import spent_runs
from portal.costs.models import MeasuredRun

# As far back as days are reckoned anew.
KEPT = timedelta(days=62)
FIELDS = ("code", "tenant_code", "connection_code", "engine", "finished_at", "bytes_read", "steps")


def hear_of_connection(sender: type[Connection], instance: Connection, **kwargs: Any) -> None:
    """Before it goes, also if its tenant goes and takes it along; it stays if this fails."""
    since = timezone.now() - KEPT
    with scopes_disabled():  # the connection is named in the call
        MeasuredRun.objects.filter(finished_at__lt=since).delete()
        ended = spent_runs().filter(connection=instance, finished_at__gte=since)
        MeasuredRun.objects.bulk_create(
            (MeasuredRun(tenant_id=instance.tenant_id, **each) for each in ended.values(*FIELDS)),
            batch_size=500,
            ignore_conflicts=True,
        )

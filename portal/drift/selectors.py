"""Reading drift: what is known of streams, for runs, and what has changed, for people."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django_scopes import scopes_disabled

from flows.connectors.catalog import connectors
from portal.connections.models import Connection
from portal.drift.models import DriftEvent, StreamField
from portal.tenants.models import Tenant

if TYPE_CHECKING:
    from django.db.models import QuerySet


def drift_events() -> QuerySet[DriftEvent]:
    """The events of the tenant in scope, what was seen last first."""
    found: QuerySet[DriftEvent] = DriftEvent.objects.select_related(
        "connection__tenant", "run", "last_run"
    )
    return found.order_by("-last_seen_at", "-pk")


def known_fields(connection: Connection) -> dict[str, dict[str, bool]]:
    """Of each stream its fields by name, and whether the last whole read had them."""
    known: dict[str, dict[str, bool]] = defaultdict(dict)
    with scopes_disabled():  # the connection is named in the call
        found = StreamField.objects.filter(connection=connection).order_by("pk")
        for stream, name, is_there in found.values_list("stream", "name", "is_there"):
            known[stream][name] = is_there
    return dict(known)


def frozen_fields(tenant: Tenant) -> dict[str, dict[str, list[str]]]:
    """Of the raw tables of frozen streams, the fields of each of the tenant's connections."""
    frozen = {
        (name, stream)
        for name, connector in connectors().items()
        for stream, each in connector.streams.items()
        if each.drift == "freeze"
    }
    fields: dict[str, dict[str, list[str]]] = defaultdict(dict)
    if not frozen:  # as with most: nothing is asked then
        return fields
    with scopes_disabled():  # the tenant is named in the call
        used = Connection.objects.filter(tenant=tenant, connector__in={name for name, _ in frozen})
        found = StreamField.objects.filter(
            connection__in=used, stream__in={stream for _, stream in frozen}
        )
        names: dict[tuple[int, str], list[str]] = defaultdict(list)
        for connection, stream, name in found.values_list("connection", "stream", "name"):
            names[connection, stream].append(name)
        for each in used.order_by("pk"):
            for stream in sorted(stream for name, stream in frozen if name == each.connector):
                held = sorted(names.get((each.pk, stream), []))
                fields[f"{each.connector}__{stream}"][str(each.code)] = held
    return dict(fields)

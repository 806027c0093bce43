"""How drift looks in the admin."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html

from portal.connections.models import Connection
from portal.drift.models import DriftEvent
from portal.drift.selectors import drift_events
from portal.runs.shown import label
from portal.tenants.door import moment

# Variants of unfold's label.
KIND_LABELS = {
    DriftEvent.Kind.APPEARED.value: "info",
    DriftEvent.Kind.VANISHED.value: "warning",
    DriftEvent.Kind.FROZEN.value: "warning",
    DriftEvent.Kind.QUARANTINED.value: "danger",
    DriftEvent.Kind.FLOODED.value: "danger",
}
HEADERS = ["Last seen (UTC)", "Stream", "Field", "What", "Records"]
LATEST = 5


def state_of(event: DriftEvent) -> str:
    return "acknowledged" if event.acknowledged_at else "new"


def kind_label(event: DriftEvent) -> str:
    return label(event.get_kind_display(), KIND_LABELS[event.kind])


def name_cell(name: str) -> str:
    """As much of a name as there is room for."""
    markup = '<span class="block truncate" style="max-width: 11rem" title="{0}">{0}</span>'
    return format_html(markup, name)


def drift_table(connection: Connection) -> dict[str, Any] | None:
    """The latest events of a connection that nobody has acknowledged, for unfold's table."""
    waiting = drift_events().filter(connection=connection, acknowledged_at=None)[:LATEST]
    rows = [
        [
            moment(event.last_seen_at),
            event.stream,
            name_cell(event.field),
            kind_label(event),
            f"{event.records:,}" if event.records else "",
        ]
        for event in waiting
    ]
    return {"headers": HEADERS, "rows": rows} if rows else None

"""How connections, their tests and their states look in the admin."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django_scopes import scopes_disabled

from flows.connectors.catalog import connectors
from flows.connectors.spec import Connector
from portal.connections.models import Connection, Credentials
from portal.marketplace.selectors import uploaded_title
from portal.pipelines.desired import is_held_back
from portal.pipelines.selectors import State, connections_with_state, state_of
from portal.pipelines.starts import next_starts
from portal.runs.shown import label
from portal.tenants.models import Tenant

# Variants of unfold's label.
STATE_LABELS = {
    State.NO_CREDENTIALS: "warning",
    State.NOT_TESTED: "warning",
    State.TEST_FAILED: "danger",
    State.NOT_DEPLOYED: "info",
    State.UNCONVERGED: "danger",
    State.PAUSED: "default",
    State.HELD_BACK: "warning",
    State.ACTIVE: "success",
}
OUTCOME_LABELS = {
    "READABLE": ("success", "Readable"),
    "EMPTY": ("info", "Empty"),
    "FORBIDDEN": ("warning", "Not allowed"),
    "MISSING": ("warning", "Not offered"),
    "FAILED": ("danger", "Failed"),
}
UNTESTED = ("default", "Not tested")


@dataclass(frozen=True)
class StreamRow:
    """A stream with its checkbox and what the last test found."""

    name: str
    title: str
    is_required: bool
    is_chosen: bool
    label: str
    outcome: str
    sentence: str
    reading: str


def connector_title(connection: Connection) -> str:
    """Also for a connector whose folder is gone."""
    known = connectors().get(connection.connector)
    if known is not None:
        return known.title
    title: str | None = getattr(connection, "uploaded_title", None)  # of a list
    if title is None:
        title = uploaded_title(connection.connector)
    return title or connection.connector


def stream_rows(
    connection: Connection, connector: Connector, chosen: Collection[str]
) -> list[StreamRow]:
    tested = {each["name"]: each for each in (connection.test_result or {}).get("streams", [])}
    return [
        _row(name, connector, tested.get(name), is_chosen=name in chosen)
        for name in connector.streams
    ]


def _row(
    name: str, connector: Connector, tested: dict[str, Any] | None, *, is_chosen: bool
) -> StreamRow:
    stream = connector.streams[name]
    label, outcome = OUTCOME_LABELS.get(tested["outcome"], UNTESTED) if tested else UNTESTED
    is_incremental = tested["incremental"] if tested else stream.is_incremental
    return StreamRow(
        name=name,
        title=stream.title,
        is_required=stream.required,
        is_chosen=is_chosen,
        label=label,
        outcome=outcome,
        sentence=tested["message"] if tested else "",
        reading="What changed" if is_incremental else "Everything each time",
    )


def starts_of(connection: Connection, now: datetime) -> list[str]:
    """The next three starts on the tenant's own clock; none while a budget pauses its runs."""
    starts = next_starts(connection=connection, after=now)
    return [f"{start:%a %d %b %H:%M}" for start in starts]


def starts_text(connection: Connection, now: datetime) -> str:
    if is_held_back(connection):
        return "none while the tenant's runs are paused"
    return ", ".join(starts_of(connection, now)) or "when asked"


def connections_table(tenant: Tenant) -> dict[str, Any] | None:
    """A tenant's connections for unfold's table; nothing if there are none."""
    rows = [
        [
            format_html(
                '<a href="{}" class="text-link">{}</a>',
                reverse("admin:connections_connection_change", args=[connection.pk]),
                connection.name,
            ),
            connector_title(connection),
            label(str(state_of(connection)), STATE_LABELS[state_of(connection)]),
            str(getattr(connection, "schedule", "only when asked")),
        ]
        for connection in connections_with_state().filter(tenant=tenant)
    ]
    return {"headers": ["Name", "Connector", "State", "Schedule"], "rows": rows} if rows else None


def credentials_note(connection: Connection) -> str:
    """When and by whom they were set. What they are stays sealed."""
    with scopes_disabled():  # the connection is named in the call
        row = (
            Credentials.objects.filter(connection=connection)
            .select_related("set_by")
            .only("set_at", "set_by__username")
            .first()  # one at most
        )
    if row is None:
        return ""
    by = f" by {row.set_by.get_username()}" if row.set_by else ""
    return f"set on {row.set_at:%Y-%m-%d at %H:%M} UTC{by}"

"""The admin's first page: what there is, what is going on and what needs somebody."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from portal.connections.admin_shown import STATE_LABELS
from portal.pipelines.selectors import connections_with_state, state_of, troubled_pipelines
from portal.runs.models import Run
from portal.runs.selectors import failing_connections, runs
from portal.runs.shown import RUN_HEADERS, STATUS_LABELS, label, run_row
from portal.tenants.selectors import tenants

MOST = 10


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Each part is for those who may see what it is about."""
    if request.user.has_perm("tenants.view_tenant"):
        context["tenant_count"] = tenants().count()
    if request.user.has_perm("connections.view_connection"):
        context |= _connections()
    if request.user.has_perm("pipelines.view_pipeline"):
        rows = [[_link(each.connection), each.problem] for each in troubled_pipelines()[:MOST]]
        context["troubled"] = {"headers": ["Connection", "Problem"], "rows": rows}
        context["troubled_count"] = troubled_pipelines().count()
    if request.user.has_perm("runs.view_run"):
        context |= _runs()
    return context


def _connections() -> dict[str, Any]:
    states = Counter(state_of(connection) for connection in connections_with_state())
    return {
        "connection_count": states.total(),
        "connection_states": [
            (label(str(state), kind), count)
            for state, kind in STATE_LABELS.items()
            if (count := states[state])
        ],
    }


def _runs() -> dict[str, Any]:
    failing = failing_connections()
    rows = [
        [
            _link(connection),
            label(
                str(Run.Status(connection.latest_run_status).label),
                STATUS_LABELS[connection.latest_run_status],
            ),
            f"{connection.latest_run_at:%Y-%m-%d %H:%M}",
        ]
        for connection in failing[:MOST]
    ]
    latest = [[_link(run.connection), *run_row(run)] for run in runs()[:MOST]]
    return {
        "failing": {"headers": ["Connection", "Last run", "Requested (UTC)"], "rows": rows},
        "failing_count": failing.count(),
        "latest_runs": {"headers": ["Connection", *RUN_HEADERS], "rows": latest},
    }


def _link(connection: Any) -> str:
    address = reverse("admin:connections_connection_change", args=[connection.pk])
    return format_html('<a href="{}" class="text-link">{}</a>', address, connection)

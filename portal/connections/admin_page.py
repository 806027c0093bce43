"""What a connection's page shows."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from flows.connectors.catalog import connectors
from portal.connections.admin_shown import connector_title, credentials_note, starts_text
from portal.connections.models import Connection
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import ui_link
from portal.pipelines.selectors import pipeline_of, restraint_of
from portal.runs.selectors import runs
from portal.runs.shown import RUN_HEADERS, run_row

LATEST = 10


def page_context(connection: Connection) -> dict[str, Any]:
    pipeline = pipeline_of(connection)
    latest = list(runs().filter(connection=connection)[:LATEST])
    return {
        "title": "",
        "source": connector_title(connection),
        "pipeline": pipeline,
        "held_back": restraint_of(connection.tenant),
        "is_paused": pipeline is not None and pipeline.wanted == Pipeline.Wanted.PAUSED,
        "prefect_link": _deployment_link(pipeline),
        "facts": _facts(connection),
        "runs_table": {"headers": RUN_HEADERS, "rows": [run_row(run) for run in latest]},
        "has_runs": bool(latest),
    }


def _deployment_link(pipeline: Pipeline | None) -> str:
    if pipeline is None or pipeline.deployment_id is None:
        return ""
    return ui_link("deployments/deployment", pipeline.deployment_id)


def _facts(connection: Connection) -> list[tuple[str, Any]]:
    kept = [f"{stream}: {', '.join(names)}" for stream, names in _kept(connection)]
    test = connection.test_result
    return [
        ("Connector", connector_title(connection)),
        ("Credentials", credentials_note(connection) or "not entered yet"),
        ("Last test", f"{test['message']} ({_moment(connection)})" if test else "none yet"),
        ("Streams", ", ".join(_titles(connection)) or "none chosen yet"),
        ("History from", connection.history_from or "the beginning"),
        ("Schedule", str(getattr(connection, "schedule", "only when asked"))),
        ("Next starts", starts_text(connection, timezone.now())),
        ("Time zone", connection.tenant.time_zone),
        ("Personal fields kept", "; ".join(kept) or "none"),
    ]


def _moment(connection: Connection) -> str:
    return f"{connection.tested_at:%Y-%m-%d %H:%M} UTC" if connection.tested_at else ""


def _titles(connection: Connection) -> list[str]:
    known = connectors().get(connection.connector)
    streams = known.streams if known else {}
    return [streams[name].title if name in streams else name for name in connection.streams]


def _kept(connection: Connection) -> list[tuple[str, list[str]]]:
    return sorted(connection.kept_personal_fields.items())

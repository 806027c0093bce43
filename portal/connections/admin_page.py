"""What a connection's page shows."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from flows.connectors.spec import Connector
from portal.connections.admin_shown import connector_title, credentials_note, starts_text
from portal.connections.models import Connection
from portal.connections.selectors import enter_again, must_be_entered_again
from portal.connections.services import connector_of
from portal.drift.shown import drift_table
from portal.lib.errors import Refused
from portal.marketplace.selectors import version_for
from portal.marketplace.wording import preview_sentence
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import ui_link
from portal.pipelines.selectors import pipeline_of, restraint_of
from portal.runs.selectors import runs
from portal.runs.shown import RUN_HEADERS, run_row
from portal.runs.sweeps import held_back_sentence, waiting_deletes

LATEST = 10


def page_context(connection: Connection) -> dict[str, Any]:
    pipeline = pipeline_of(connection)
    connector = _connector(connection)
    deletes = waiting_deletes(connection)
    latest = list(runs().filter(connection=connection)[:LATEST])
    return {
        "title": "",
        "source": connector_title(connection),
        "pipeline": pipeline,
        "held_back": restraint_of(connection.tenant),
        "is_paused": pipeline is not None and pipeline.wanted == Pipeline.Wanted.PAUSED,
        "prefect_link": _deployment_link(pipeline),
        "preview": preview_sentence(connector),
        "enter_again": enter_again(connection) if must_be_entered_again(connection) else "",
        "facts": _facts(connection, connector),
        "drift_table": drift_table(connection),
        "deletes": list(deletes.items()),
        "deletes_held_back": held_back_sentence(deletes),
        "runs_table": {"headers": RUN_HEADERS, "rows": [run_row(run) for run in latest]},
        "has_runs": bool(latest),
    }


def _deployment_link(pipeline: Pipeline | None) -> str:
    if pipeline is None or pipeline.deployment_id is None:
        return ""
    return ui_link("deployments/deployment", pipeline.deployment_id)


def _connector(connection: Connection) -> Connector | None:
    """None if there is none any more, or the tenant may not use it."""
    try:
        return connector_of(connection)
    except Refused:
        return None


def _facts(connection: Connection, connector: Connector | None) -> list[tuple[str, Any]]:
    kept = [f"{stream}: {', '.join(names)}" for stream, names in _kept(connection)]
    test = connection.test_result
    return [
        ("Connector", _in_words(connection, connector)),
        ("Credentials", credentials_note(connection) or "not entered yet"),
        ("Last test", f"{test['message']} ({_moment(connection)})" if test else "none yet"),
        ("Streams", ", ".join(_titles(connection, connector)) or "none chosen yet"),
        ("History from", connection.history_from or "the beginning"),
        ("Schedule", str(getattr(connection, "schedule", "only when asked"))),
        ("Next starts", starts_text(connection, timezone.now())),
        ("Time zone", connection.tenant.time_zone),
        ("Personal fields kept", "; ".join(kept) or "none"),
    ]


def _moment(connection: Connection) -> str:
    return f"{connection.tested_at:%Y-%m-%d %H:%M} UTC" if connection.tested_at else ""


def _in_words(connection: Connection, connector: Connector | None) -> str:
    title = connector_title(connection)
    version = version_for(tenant=connection.tenant, name=connection.connector)
    if version is not None:
        title = f"{title}, uploaded version {version.number}"
    elif connector is None:
        title = f"{title}, which the tenant may not use"
    return f"{title} (preview)" if connector is not None and connector.preview else title


def _titles(connection: Connection, connector: Connector | None) -> list[str]:
    streams = connector.streams if connector else {}
    return [streams[name].title if name in streams else name for name in connection.streams]


def _kept(connection: Connection) -> list[tuple[str, list[str]]]:
    return sorted(connection.kept_personal_fields.items())

"""What a dead flow run, or a command that was killed, could not report."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portal.pipelines.prefect import PrefectApi
from portal.warehouses.models import WarehouseAction
from portal.warehouses.services import end

Outcome = WarehouseAction.Outcome
OUTCOME_OF = {
    "COMPLETED": Outcome.COMPLETED,
    "FAILED": Outcome.FAILED,
    "CRASHED": Outcome.FAILED,
    "CANCELLED": Outcome.FAILED,
}
# Nothing that is done with Snowflake takes so long.
PATIENCE = timedelta(hours=6)


def settle_actions(*, api: PrefectApi, at: datetime) -> list[WarehouseAction]:
    """Bring what ended, or was forgotten, without a word to its end."""
    waiting = list(WarehouseAction.objects.filter(outcome=Outcome.REQUESTED))
    ids = [str(each.flow_run_id) for each in waiting if each.flow_run_id]
    found = {each["id"]: each for each in api.flow_runs(ids)}
    settled = []
    for row in waiting:
        flow_run = found.get(str(row.flow_run_id))
        if said := _said(flow_run) if row.flow_run_id else _given_up(row, at=at):
            settled.append(end(row, outcome=said[0], report=said[1], at=at))
    return settled


def _given_up(row: WarehouseAction, *, at: datetime) -> tuple[str, str] | None:
    """Without a flow run there is nobody to ask: a command was killed, or the portal was."""
    is_over = at - row.at > PATIENCE
    return (Outcome.FAILED, "Nobody has said how it ended.") if is_over else None


def _said(flow_run: dict[str, Any] | None) -> tuple[str, str] | None:
    if flow_run is None:
        return Outcome.FAILED, "Prefect no longer knows this run. Start a new one."
    outcome = OUTCOME_OF.get(flow_run["state_type"] or "")
    if outcome is None:
        return None
    message = (flow_run.get("state") or {}).get("message") or "It ended without a word."
    return outcome, message

"""How the account looks in the admin."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portal.pipelines.prefect import ui_link
from portal.runs.shown import label, one_line
from portal.tenants.door import moment
from portal.warehouses.models import ON_REQUEST, AccountState, Action, WarehouseAction
from portal.warehouses.wording import WORDINGS

Outcome = WarehouseAction.Outcome
# Variants of unfold's label.
OUTCOME_LABELS = {
    Outcome.REQUESTED.value: "info",
    Outcome.COMPLETED.value: "success",
    Outcome.FAILED.value: "danger",
    Outcome.NOT_STARTED.value: "warning",
    Outcome.REFUSED.value: "default",
}
# These are below the list of the warehouses; the others are at the top of the page.
OF_WAREHOUSES = frozenset({Action.RESUME, Action.SUSPEND})
HEADERS = ["Warehouse", "State", "Size", "Monitor", "Credits this month"]
RUNNING = frozenset({"STARTED", "RESUMING"})
SHOWN = 50  # of the sentences of a plan; the run's log has all


def outcome_label(row: WarehouseAction) -> str:
    return label(row.get_outcome_display(), OUTCOME_LABELS[row.outcome])


def buttons() -> dict[str, list[dict[str, str]]]:
    wanted = [action for action in Action if action in ON_REQUEST]
    return {
        "buttons": [_button(each) for each in wanted if each not in OF_WAREHOUSES],
        "warehouse_buttons": [_button(each) for each in wanted if each in OF_WAREHOUSES],
    }


def _button(action: Action) -> dict[str, str]:
    return {
        "title": action.label,
        "icon": WORDINGS[action].icon,
        "link": reverse("admin:warehouses_warehouseaction_do", args=[action.value]),
        "variant": "danger" if WORDINGS[action].typed else "default",
    }


def state_context(state: AccountState) -> dict[str, Any]:
    sentences = state.compared_text.splitlines() if state.differences else []
    return {
        "account": state,
        "compared_at": moment(state.compared_at),
        "compared_link": ui_link("runs/flow-run", state.compared_in) if state.compared_in else "",
        "sentences": sentences[:SHOWN],
        "more_sentences": max(0, len(sentences) - SHOWN),
        "seen_at": moment(state.seen_at),
        "warehouses_table": {
            "headers": HEADERS,
            "rows": [_row(each) for each in state.warehouses],
        },
    }


def _row(warehouse: dict[str, Any]) -> list[str]:
    state = str(warehouse["state"])
    return [
        str(warehouse["name"]),
        label(state.capitalize(), "success" if state in RUNNING else "default"),
        one_line(str(warehouse["size"])),
        str(warehouse["monitor"] or "none"),
        _credits(warehouse.get("used"), warehouse.get("quota")),
    ]


def _credits(used: float | None, quota: float | None) -> str:
    if used is None:
        return "not seen"
    return f"{used:,.2f}" if quota is None else f"{used:,.2f} of {quota:,.0f}"

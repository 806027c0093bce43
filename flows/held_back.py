"""What to say of a build that failed: which check of which model, and who has to look."""

from __future__ import annotations

from typing import Any

FAILED = {"error", "fail", "runtime error"}
STAYS = "The last good numbers stay; an operator has to look into it."
DESCRIPTION_LENGTH = 200


def held_back(*, results: list[dict[str, Any]], nodes: dict[str, dict[str, Any]]) -> str:
    """A sentence on the first failure and the number of the others; empty if there was none.

    :param results: as in dbt's `run_results.json`
    :param nodes: as in dbt's `manifest.json`, by their id
    """
    failed = [result for result in results if result["status"] in FAILED]
    if not failed:
        return ""
    # A model that broke takes its tests along, so it is told first.
    first = min(failed, key=lambda result: result["status"] == "fail")
    said = _failure(first, nodes.get(first["unique_id"], {}))
    more = f" {len(failed) - 1} more failed." if len(failed) > 1 else ""
    return f"The new numbers are held back: {said}{more} {STAYS}"


def _failure(result: dict[str, Any], node: dict[str, Any]) -> str:
    kind, _, name = result["unique_id"].split(".")[:3]
    if result["status"] != "fail":
        return f"the {kind} {name} could not run ({_first_line(result['message'])})."
    count = result.get("failures") or 0
    rows = "1 row" if count == 1 else f"{count} rows"
    said = f"{rows}{_place(node)} failed the check {_check(node, name)}."
    if description := " ".join(node.get("description", "").split()):
        said += f" {_shortened(description).rstrip('.')}."
    return said


def _place(node: dict[str, Any]) -> str:
    """Of which model, and in which column. A check over several models belongs to none."""
    model = (node.get("attached_node") or "").rpartition(".")[2]
    column = node.get("column_name")
    return (f" of {model}" if model else "") + (f" ({column})" if column else "")


def _check(node: dict[str, Any], name: str) -> str:
    return str((node.get("test_metadata") or {}).get("name") or name)


def _shortened(text: str) -> str:
    return text if len(text) <= DESCRIPTION_LENGTH else f"{text[: DESCRIPTION_LENGTH - 1]}…"


def _first_line(text: str | None) -> str:
    lines = (text or "").strip().splitlines()
    return lines[0][:300] if lines else "it gave no reason"

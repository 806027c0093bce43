"""What a role sees of a table or view: rows through its policy, values through their masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulators.snowflake.account import evaluation
from tests.simulators.snowflake.account.access import Access
from tests.simulators.snowflake.account.attachments import MASKING, ROW_ACCESS, uses_on
from tests.simulators.snowflake.account.errors import Path, missing
from tests.simulators.snowflake.account.evaluation import Record
from tests.simulators.snowflake.account.model import PolicyUse, State, Thing
from tests.simulators.snowflake.account.words import Words


def visible_rows(
    state: State,
    role: str,
    relation: str,
    rows: Sequence[Record],
    tables: Mapping[str, Sequence[Record]],
) -> list[Record]:
    """Those of the rows that the row access policy lets a role see; all, if there is none.

    ``tables`` holds the rows of the tables that the policy reads, by their full names.

    :raises AccountError: 003001 or 002003, if the role may not select at all
    """
    thing = _readable(state, role, relation)
    use = next((u for u in uses_on(state, thing) if u.policy_kind == ROW_ACCESS), None)
    if use is None:
        return list(rows)
    numbers = evaluation.passing(
        state,
        state.find(ROW_ACCESS, use.policy),
        role=role,
        arguments=[_arguments(use, row) for row in rows],
        tables=_by_path(tables),
    )
    return [rows[number] for number in numbers]


def masked(
    state: State,
    role: str,
    column: str,
    value: Any,
    others: Record,
    tables: Mapping[str, Sequence[Record]],
) -> Any:
    """What a role sees of a value in ``DATABASE.SCHEMA.VIEW.COLUMN``.

    ``others`` are the row's further columns, where the policy reads them.
    """
    path = Words(column).path()
    thing = _readable(state, role, ".".join(path[:-1]))
    for use in uses_on(state, thing):
        if (use.policy_kind, use.column) == (MASKING, path[-1]):
            return evaluation.value(
                state,
                state.find(MASKING, use.policy),
                role=role,
                arguments=_arguments(use, {**others, path[-1]: value}),
                tables=_by_path(tables),
            )
    return value


def _readable(state: State, role: str, relation: str) -> Thing:
    path = Words(relation).path()
    thing = state.relation(path)
    if thing is None:
        raise missing("TABLE", path)
    Access(state, primary=role).require(thing, "SELECT")
    return thing


def _arguments(use: PolicyUse, row: Record) -> list[Any]:
    upper = {name.upper(): cell for name, cell in row.items()}
    return [upper[name] for name in use.arguments]


def _by_path(tables: Mapping[str, Sequence[Record]]) -> dict[Path, Sequence[Record]]:
    return {Words(name).path(): rows for name, rows in tables.items()}

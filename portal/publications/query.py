"""One read-only question to a publication, in the asker's own SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from portal.lib.errors import Refused
from portal.publications.reading import MEMORY, Reading, first_line, interrupted_after

MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class ResultColumn:
    name: str
    type: str


@dataclass(frozen=True)
class Result:
    """Decimals are `Decimal`, times are UTC. `has_more` says that the limit cut rows off."""

    columns: tuple[ResultColumn, ...]
    rows: list[Sequence[Any]]
    has_more: bool


def run_query(*, reading: Reading, sql: str, limit: int = 10_000, seconds: float = 30.0) -> Result:
    """Answer one SELECT with at most `limit` rows.

    :raises Refused: if it is not one SELECT, is wrong, or takes too much time or memory
    """
    if not 1 <= limit <= MOST_ROWS:
        raise Refused(f"Ask for 1 to {MOST_ROWS} rows.", field="limit")
    connection = reading.connection
    statement = _single_select(connection, sql)
    try:
        with interrupted_after(connection, seconds=seconds):
            found = connection.execute(statement)
            columns = tuple(ResultColumn(each[0], str(each[1])) for each in found.description)
            rows = found.fetchmany(limit + 1)
    except duckdb.Error as error:
        raise _refused(error, seconds=seconds) from error
    return Result(columns=columns, rows=rows[:limit], has_more=len(rows) > limit)


def _single_select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """What DuckDB itself makes of the text decides, not the look of it."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise Refused(f"This is not SQL that can be read: {first_line(error)}", field="sql") from (
            error
        )
    if not statements:
        raise Refused("Write a query, such as: select * from business_dashboard", field="sql")
    if len(statements) > 1:
        raise Refused("Write one statement at a time.", field="sql")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise Refused("Only SELECT is possible: what was published does not change.", field="sql")
    return statements[0]


def _refused(error: duckdb.Error, *, seconds: float) -> Refused:
    match error:
        case duckdb.InterruptException():
            message = f"This query was stopped after {seconds:g} seconds. Ask for less at once."
        case duckdb.OutOfMemoryException():
            message = f"This query needs more than {MEMORY} of memory. Ask for less at once."
        case duckdb.PermissionException():
            message = (
                "A query reads the published views and no other files. `show tables` lists them."
            )
        case _:
            message = f"This query cannot be answered: {first_line(error)}"
    return Refused(message, field="sql")

"""Statements on tables and their containers that the engine does not do as Snowflake does."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
from sqlglot import exp

from tests.simulators.snowflake.copying import Copying
from tests.simulators.snowflake.engine import Engine
from tests.simulators.snowflake.errors import SqlError
from tests.simulators.snowflake.results import Result, listed, said
from tests.simulators.snowflake.session import Session, TableName
from tests.simulators.snowflake.stages import Stages

_MERGED = 0x3400


def written(engine: Engine, session: Session, statement: exp.Expression) -> set[TableName]:
    """The table that a statement changes or defines."""
    if isinstance(statement, exp.TruncateTable):
        found: Any = statement.expressions[0]
    elif isinstance(statement, exp.Drop):
        found = (statement.args.get("tables") or [None])[0]
    else:
        found = statement.this
    if isinstance(found, exp.Schema):
        found = found.this
    kind = str(statement.args.get("kind") or "TABLE").upper()
    if not isinstance(found, exp.Table) or kind not in ("TABLE", "VIEW", "TRUE"):
        return set()
    return {engine.full_name(session, found)}


def read(engine: Engine, session: Session, statement: exp.Expression) -> set[TableName] | None:
    """The tables that a statement reads; None if it cannot be told, as behind a view."""
    if not session.in_transaction:
        return set()
    named = {cte.alias_or_name.upper() for cte in statement.find_all(exp.CTE)}
    found = set()
    for table in statement.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or (
            not table.db and table.name.upper() in named
        ):
            continue
        name = engine.full_name(session, table)
        if not engine.is_table(session, name):
            return None
        found.add(name)
    return found


def is_temporary(statement: exp.Create) -> bool:
    properties = statement.args.get("properties")
    return properties is not None and properties.find(exp.TemporaryProperty) is not None


def merge(engine: Engine, session: Session, statement: exp.Merge, binding: Any) -> Result:
    """MERGE by the engine's own; fakesnow's rewriting knows no unqualified columns.

    :raises SqlError: 100090 if several rows of the source match one row of the target
    """
    kinds = [_action(when) for when in statement.args["whens"].expressions]
    sql = engine.transpiled(session, statement)
    done = Counter(
        row[0] for row in engine.native(session, f"{sql} RETURNING merge_action", binding)
    )
    known = [kind for kind in ("INSERT", "UPDATE", "DELETE") if kind in kinds]
    columns = [f"number of rows {kind.lower().removesuffix('e')}ed" for kind in known]
    return listed(columns, [[done[kind] for kind in known]], type_id=_MERGED)


def forbid_nulls(engine: Engine, session: Session, statement: exp.Create) -> None:
    """Keep NOT NULL for a table made from a query; the engine takes names and types only.

    :raises SqlError: 100072 if the query gave a null; there is no table then
    """
    if not isinstance(statement.this, exp.Schema) or statement.args.get("kind") != "TABLE":
        return
    (name,) = written(engine, session, statement)
    for column in statement.this.find_all(exp.ColumnDef):
        if column.find(exp.NotNullColumnConstraint) is None:
            continue
        stored = column.name if column.this.quoted else column.name.upper()
        try:
            engine.native(session, f'ALTER TABLE {_quoted(name)} ALTER "{stored}" SET NOT NULL')
        except duckdb.ConstraintException as problem:
            engine.native(session, f"DROP TABLE {_quoted(name)}")
            text = f"NULL result in a non-nullable column ({stored})"
            raise SqlError(100072, "22000", text) from problem


def truncate(
    engine: Engine, copying: Copying, session: Session, statement: exp.TruncateTable
) -> Result:
    """Empty a table; its files may be loaded again."""
    (name,) = written(engine, session, statement)
    if statement.args.get("exists") and not engine.is_table(session, name):
        return said()
    engine.columns(session, name)
    engine.native(session, f"DELETE FROM {_quoted(name)}")
    copying.forget(session, name)
    return said()


def swapped(statement: exp.Alter) -> exp.Table | None:
    """The other table of ALTER TABLE ... SWAP WITH."""
    for action in statement.args.get("actions") or []:
        if isinstance(action, exp.SwapTable):
            other: exp.Table = action.this
            return other
    return None


def swap(engine: Engine, session: Session, statement: exp.Alter, other: exp.Table) -> Result:
    left = engine.full_name(session, statement.this)
    right = engine.full_name(session, other)
    if left[:2] != right[:2]:
        raise SqlError(603, "XX000", "This server swaps tables of one schema only.")
    for name in (left, right):
        engine.columns(session, name)
    between = (*left[:2], f"{left[2]}__SWAPPED")
    engine.native(session, "BEGIN")
    try:
        for old, new in ((left, between), (right, left), (between, right)):
            engine.native(session, f'ALTER TABLE {_quoted(old)} RENAME TO "{new[2]}"')
        engine.native(session, "COMMIT")
    except Exception:
        engine.native(session, "ROLLBACK")
        raise
    return said()


def create_database(engine: Engine, session: Session, statement: exp.Create) -> Result:
    """A new database has a schema PUBLIC, and both become the session's."""
    identifier = statement.find(exp.Identifier)
    assert identifier is not None
    name = identifier.name if identifier.quoted else identifier.name.upper()
    if name in engine.databases():
        if not statement.args.get("exists"):
            text = f"SQL compilation error:\nObject '{name}' already exists."
            raise SqlError(2002, "42710", text)
        return said(f"{name} already exists, statement succeeded.")
    engine.run(session, f'CREATE DATABASE "{name}"')
    engine.native(session, f'CREATE SCHEMA IF NOT EXISTS "{name}"."PUBLIC"')
    engine.run(session, f'USE DATABASE "{name}"')
    engine.run(session, f'USE SCHEMA "{name}"."PUBLIC"')
    return said(f"Database {name} successfully created.")


def drop_container(engine: Engine, stages: Stages, session: Session, statement: exp.Drop) -> Result:
    """DROP DATABASE and DROP SCHEMA, with all that is in them."""
    (table,) = statement.args["tables"]
    if str(statement.args["kind"]).upper() == "SCHEMA":
        inner = exp.Table(
            this=exp.to_identifier("X"), db=table.args["db"], catalog=table.args.get("catalog")
        )
        database, schema, _ = engine.full_name(session, inner)
        has = "SELECT count(*) FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?"
        if not engine.native(session, has, [database, schema])[0][0]:
            return _absent(statement, f"{database}.{schema}", "Schema")
        if (session.database, session.schema) == (database, schema):
            engine.native(session, f"SET schema = '{database}.main'")
            session.schema = None
        engine.native(session, f'DROP SCHEMA "{database}"."{schema}" CASCADE')
        stages.drop_within(session, database, schema)
        return said(f"{schema} successfully dropped.")
    identifier = table.this
    name = identifier.name if identifier.quoted else identifier.name.upper()
    if name not in engine.databases():
        return _absent(statement, name, "Database")
    stages.drop_within(session, name, None)
    engine.drop_database(session, name)
    return said(f"{name} successfully dropped.")


def drop_temporary(engine: Engine, session: Session) -> None:
    for name in session.temporary:
        for kind in ("TABLE", "VIEW"):
            try:
                engine.native(session, f"DROP {kind} IF EXISTS {_quoted(name)}")
            except Exception as absent:  # noqa: BLE001 - its schema is gone, or it is of the other kind
                del absent


def _absent(statement: exp.Drop, name: str, kind: str) -> Result:
    if statement.args.get("exists"):
        return said("Drop statement executed successfully (object already dropped).")
    text = f"SQL compilation error:\n{kind} '{name}' does not exist or not authorized."
    raise SqlError(2003, "02000", text)


def _action(when: exp.When) -> str:
    then = when.args["then"]
    if isinstance(then, exp.Insert):
        return "INSERT"
    return "UPDATE" if isinstance(then, exp.Update) else "DELETE"


def _quoted(name: TableName) -> str:
    return ".".join(f'"{part}"' for part in name)

"""The engine behind the protocol: one fakesnow on a folder, shared by all sessions."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import sqlglot
from fakesnow import macros
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.instance import FakeSnow
from fakesnow.rowtype import describe_as_rowtype
from fakesnow.statement_type import statement_type_id
from sqlglot import exp

from tests.simulators.snowflake.errors import SqlError
from tests.simulators.snowflake.macros import creation_sql
from tests.simulators.snowflake.results import Result, listed
from tests.simulators.snowflake.session import Session, TableName


class Engine:
    """Databases are files of `folder`, stages are folders in `folder/stages`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stages = folder / "stages"
        self.stages.mkdir(parents=True, exist_ok=True)
        self._instance = FakeSnow(
            db_path=folder, create_database_on_connect=False, create_schema_on_connect=False
        )
        self._lock = threading.Lock()
        # It would keep every result until the end.
        self._instance.results_cache = _Forgetful()
        for macro in creation_sql():
            self._instance.duck_conn.execute(macro)
        # Each database has fakesnow's own; this is where sessions without one stand.
        self._instance.duck_conn.execute(macros.creation_sql("memory"))
        # Without it a division by zero is infinity.
        self._instance.duck_conn.execute("SET GLOBAL ieee_floating_point_ops = false")
        for file in sorted(folder.glob("*.db")):
            self.attach(file.stem)

    def open(self, session: Session, database: str | None, schema: str | None) -> None:
        """Give a session its connection; an unknown database is left unset."""
        with self._lock:
            session.connection = self._instance.connect(database, schema)
        if not session.connection.database_set:
            session.connection.database = None
        # fakesnow tells `USE` apart from a database without one; its schema then is 'main'.
        if not session.connection.schema_set:
            session.connection._schema = None
        session.connection.session = session

    def run(self, session: Session, sql: str, binding: Any = None) -> Result:
        """Run a statement in Snowflake's SQL, mended and translated."""
        cursor = session.connection.cursor()
        cursor.execute(sql, binding_params=binding, server=True)
        return self._result(cursor)

    def describe(self, session: Session, sql: str) -> Result | None:
        """The columns a statement would give, or None where only running it tells."""
        cursor = session.connection.cursor()
        described = cursor._describe_only(sql)
        if described is None:
            return None
        return Result(rowtype=describe_as_rowtype(described))

    def native(self, session: Session, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        """Run a statement in the engine's own SQL."""
        rows: list[tuple[Any, ...]] = session.connection._duck_conn.execute(sql, values).fetchall()
        return rows

    def transpiled(self, session: Session, parsed: Any) -> str:
        """Snowflake's SQL in the engine's words, as fakesnow translates it."""
        cursor = session.connection.cursor()
        translated: str = cursor._transform(parsed, None).sql(dialect="duckdb")
        return translated

    def full_name(self, session: Session, table: exp.Table) -> TableName:
        """Catalog, schema and name of a table as stored.

        :raises SqlError: if it is not qualified and the session stands nowhere
        """
        catalog, schema = _stored(table.args.get("catalog")), _stored(table.args.get("db"))
        catalog, schema = catalog or session.database, schema or session.schema
        if not catalog:
            raise SqlError(
                90105,
                "22000",
                "Cannot perform operation. This session does not have a current database. "
                "Call 'USE DATABASE', or use a qualified name.",
            )
        if not schema:
            raise SqlError(
                90106,
                "22000",
                "Cannot perform operation. This session does not have a current schema. "
                "Call 'USE SCHEMA', or use a qualified name.",
            )
        return catalog, schema, _stored(table.this) or ""

    def columns(self, session: Session, name: TableName) -> list[tuple[str, str]]:
        """Names and types of a table's columns.

        :raises SqlError: 2003 if there is no such table
        """
        rows = self.native(
            session,
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index",
            list(name),
        )
        if not rows:
            raise SqlError(
                2003,
                "42S02",
                f"SQL compilation error:\nObject '{'.'.join(name)}' "
                "does not exist or not authorized.",
            )
        return [(str(column), str(kind)) for column, kind in rows]

    def is_table(self, session: Session, name: TableName) -> bool:
        sql = (
            "SELECT count(*) FROM duckdb_tables() "
            "WHERE database_name = ? AND schema_name = ? AND table_name = ?"
        )
        return bool(self.native(session, sql, list(name))[0][0])

    def databases(self) -> list[str]:
        return sorted(file.stem for file in self.folder.glob("*.db"))

    def drop_database(self, session: Session, name: str) -> None:
        """Take a database's file away. The engine has no DROP DATABASE for an attached file."""
        connection = session.connection
        if connection.database == name:
            session.database = session.schema = None
        connection._duck_conn.execute("USE memory")
        connection._duck_conn.execute(f'DETACH DATABASE IF EXISTS "{name}"')
        for suffix in (".db", ".db.wal"):
            (self.folder / f"{name}{suffix}").unlink(missing_ok=True)
        if session.database and connection.database != name:
            connection._duck_conn.execute(f"SET schema='{session.database}.main'")

    def stop(self) -> None:
        self._instance.duck_conn.close()

    def attach(self, name: str) -> None:
        """Open a database's file, or make it."""
        FakeSnowflakeConnection(
            self._instance.duck_conn.cursor(), {}, name, create_schema=False, db_path=self.folder
        ).close()

    def _result(self, cursor: FakeSnowflakeCursor) -> Result:
        statement = cursor._last_transformed
        assert statement is not None
        type_id = statement_type_id(statement)
        if cursor._arrow_table is None:
            return listed(["status"], [], type_id=type_id)
        rowtype = describe_as_rowtype(cursor._describe_last_sql())
        return Result(rowtype=rowtype, table=cursor._arrow_table, type_id=type_id)


class _Forgetful(dict[str, Any]):
    def __setitem__(self, key: str, value: Any) -> None:
        """Keep nothing."""


def parse(sql: str) -> Any:
    """The parsed statement, or None where the parser does not know it.

    :raises SqlError: 8 if there are several statements
    """
    try:
        found = sqlglot.parse(sql, read="snowflake")
    except sqlglot.errors.SqlglotError:
        return None
    statements = [e for e in found if e is not None and not isinstance(e, exp.Semicolon)]
    if len(statements) > 1:
        raise SqlError(
            8,
            "0A000",
            f"Actual statement count {len(statements)} did not match the desired statement "
            "count 1.",
        )
    if not statements:
        raise SqlError(900, "42601", "SQL compilation error:\nEmpty SQL statement.")
    statement: Any = statements[0]
    return None if isinstance(statement, exp.Command) else statement


def _stored(identifier: Any) -> str | None:
    """An identifier as stored: upper case unless quoted."""
    if identifier is None:
        return None
    if isinstance(identifier, exp.Identifier):
        return str(identifier.this) if identifier.quoted else str(identifier.this).upper()
    return str(identifier).upper()

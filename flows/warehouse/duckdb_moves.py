"""Taking a tenant's raw tables out of its DuckDB file, and putting them into another."""

from __future__ import annotations

from pathlib import Path

import duckdb

from flows.warehouse import duckdb_sql as sql
from flows.warehouse.duckdb_ledger import STATEMENTS
from flows.warehouse.warehouse import Columns, WarehouseRefused

# What the models were built by is true of this engine alone.
STAYS = ("builds", "last_contents")
TABLES = f"""
    select table_name, column_name, data_type
    from information_schema.columns
    where table_schema = 'raw' and table_name not in {STAYS}
    order by table_name, ordinal_position
"""


class DuckDBMoves:
    """The part of a DuckDB warehouse that a tenant leaves or enters by."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection

    def raw_tables(self) -> dict[str, Columns]:
        """
        :raises WarehouseRefused: if streams are held as columns, which no other engine can take
        """
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in self._db.execute(TABLES).fetchall():
            found.setdefault(table, {})[column] = kind
        if typed := [table.removesuffix("__typed") for table in found if "__typed" in table]:
            raise WarehouseRefused(
                f"The tables {', '.join(typed)} are held as columns, and no other engine takes them"
                " so. Take `fields` out of their streams, and have them read anew, before the"
                " tenant moves."
            )
        return dict(found)

    def copy_out(self, table: str, *, columns: Columns, file: Path) -> None:
        chosen = ", ".join(sql.name(column) for column in columns)
        self._db.execute(
            f"copy (select {chosen} from raw.{sql.name(table)}) to $target (format parquet)",
            {"target": str(file)},
        )

    def copy_in(self, table: str, *, columns: Columns, file: Path) -> None:
        chosen = ", ".join(sql.name(column) for column in columns)
        is_ledger = table in sql.LEDGER_TABLES
        made = () if is_ledger else sql.raw_table(sql.stream_of(table))
        self._db.begin()
        try:
            for statement in (*STATEMENTS, *made):
                self._db.execute(statement)
            # Where the tenant has been before, that is what was read last then.
            self._db.execute("delete from raw.last_contents")
            self._db.execute(f"delete from raw.{sql.name(table)}")
            self._db.execute(
                f"insert into raw.{sql.name(table)} ({chosen})"
                f" select {chosen} from read_parquet($file)",
                {"file": str(file)},
            )
        except BaseException:  # whatever it was, half of it must not stay
            self._db.rollback()
            raise
        self._db.commit()

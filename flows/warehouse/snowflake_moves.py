"""Putting a tenant's raw tables into its schemas in Snowflake, and taking them out again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from flows.portal import TenantPlace
from flows.warehouse import snowflake_sql as sql
from flows.warehouse.duckdb_sql import LEDGER_TABLES, stream_of
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.snowflake_deletes import LEDGER as LEDGER_OF_DELETES
from flows.warehouse.snowflake_export import export_view
from flows.warehouse.snowflake_memo import Memo
from flows.warehouse.warehouse import Columns, WarehouseRefused

# What only this engine has, or what is true of it alone, stays where it is.
STAYS = {"builds", "turns"}
MADE_HERE = "parsed"
# DuckDB's names, by Snowflake's.
TYPES = {
    "TEXT": "VARCHAR",
    "VARCHAR": "VARCHAR",
    "TIMESTAMP_NTZ": "TIMESTAMP",
    "NUMBER": "BIGINT",
    "BOOLEAN": "BOOLEAN",
}


def check_owner(settings: list[tuple[Any, ...]], tenant: TenantPlace) -> None:
    """Schemas are named by the slug: a new tenant must not come into what another one left.

    :param settings: what raw says of whose it is; nothing if it is new
    :raises WarehouseRefused: if it is another's
    """
    if any(code != tenant.code for code, *_ in settings):
        raise WarehouseRefused(
            f"The schemas of {tenant.slug} in Snowflake hold what a tenant left who had this slug"
            " before. An operator has to remove this tenant, to run `python -m flows.provision"
            f" offboard {tenant.slug} --apply`, and to add it again then."
        )


class SnowflakeMoves:
    """The part of a Snowflake warehouse that a tenant leaves or enters by."""

    _loader: Callable[[], SnowflakeConnection]
    _memo: Memo
    _tenant: TenantPlace

    def raw_tables(self) -> dict[str, Columns]:
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in self._loader().rows(sql.COLUMNS):
            table, column = table.lower(), column.lower()
            if table not in STAYS and column != MADE_HERE:
                found.setdefault(table, {})[column] = TYPES[kind.upper().split("(")[0]]
        return dict(found)

    def copy_out(self, table: str, *, columns: Columns, file: Path) -> None:
        export_view(self._loader(), view=sql.name(table), columns=columns, file=file)

    def copy_in(self, table: str, *, columns: Columns, file: Path) -> None:
        loader, move = self._loader(), uuid4().hex
        if "tenants" in self.raw_tables():
            check_owner(loader.rows(sql.SETTINGS), self._tenant)
        is_raw = "payload" in columns and table not in LEDGER_TABLES
        made = (
            (*sql.LEDGER, *LEDGER_OF_DELETES)
            if table in LEDGER_TABLES
            else sql.raw_table(stream_of(table))
        )
        for statement in (*made, sql.moved_table(columns)):
            loader.run(statement)
        loader.run(sql.put(str(file), move))
        self._memo.forget_all()
        with loader.transaction():
            loader.run(sql.copy_moved(columns, move, file.name))
            loader.run(f"delete from {sql.name(table)}")
            loader.run(sql.insert_moved(table, columns, parses=is_raw))
        loader.run(sql.remove(move))

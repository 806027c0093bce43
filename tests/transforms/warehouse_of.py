"""A tenant's warehouse file.

All warehouses are called `warehouse.duckdb`, as in production, so they share one parsed manifest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from pathlib import Path

import duckdb

from tests.transforms.builds import Builds, Row, Tenant

RAW_TABLE = """
    tenant_id varchar not null, connection_id varchar not null, batch_id varchar not null,
    record_key varchar not null, changed_at timestamp not null, content_hash varchar not null,
    extracted_at timestamp not null, landed_at timestamp not null, payload varchar not null
"""


class WarehouseOf(Builds):
    """:param folder: of the warehouse file"""

    def __init__(
        self,
        *tenants: Tenant,
        folder: Path,
        target: Path,
        connectors: Sequence[str] = ("prohandel",),
    ) -> None:
        super().__init__(target, connectors=connectors)
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "warehouse.duckdb"
        with duckdb.connect(str(self.path)) as warehouse:
            warehouse.execute("create schema raw")
            for table in self.raw_tables:
                warehouse.execute(f"create table raw.{table} ({RAW_TABLE})")
            warehouse.execute(
                "create table raw.tenants (tenant_id varchar, name varchar, time_zone varchar,"
                " currency varchar, country varchar, updated_at timestamp)"
            )
            for tenant in tenants:
                warehouse.execute(
                    "insert into raw.tenants values (?, ?, ?, ?, ?, timestamp '2024-01-01')",
                    list(astuple(tenant)),
                )

    @property
    def environment(self) -> dict[str, str]:
        return {"MERCURIOS_WAREHOUSE_FILE": str(self.path)}

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        with duckdb.connect(str(self.path)) as warehouse:
            warehouse.executemany(
                f"insert into raw.{table} values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                list(rows),
            )

    def execute(self, statement: str) -> None:
        with duckdb.connect(str(self.path)) as warehouse:
            warehouse.execute(statement)

    def rows(self, query: str) -> list[Row]:
        with duckdb.connect(str(self.path), read_only=True) as warehouse:
            return list(warehouse.execute(query).fetchall())

    def tables(self, *schemas: str) -> dict[str, list[Row]]:
        with duckdb.connect(str(self.path), read_only=True) as warehouse:
            found = warehouse.execute(
                "select schema_name || '.' || table_name from duckdb_tables()"
                " where list_contains(?, schema_name) order by all",
                [list(schemas)],
            ).fetchall()
            return {
                name: warehouse.execute(f"select * from {name} order by all").fetchall()
                for (name,) in found
            }

"""A tenant's schemas on a local Snowflake, in the one database that all tenants share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import snowflake.connector
from snowflake.connector.cursor import SnowflakeCursor

from tests.simulators.snowflake.process import ACCOUNT, SnowflakeServer
from tests.transforms.builds import Builds, Row, Tenant

DATABASE = "MERCURIOS_DATA"
PREFIX = "TENANT_ALICE_"
LAYERS = ("RAW", "STAGING", "STANDARD", "ANALYTICS")
TAG = '{"t":"ALICE","r":"run-1","s":"transform"}'

RAW_TABLE = """
    tenant_id varchar not null, connection_id varchar not null, batch_id varchar not null,
    record_key varchar not null, changed_at timestamp_ntz not null, content_hash varchar not null,
    extracted_at timestamp_ntz not null, landed_at timestamp_ntz not null,
    payload varchar not null, parsed variant not null
"""
# The payload is parsed here, once.
PARSED = ", ".join(f"column{number}" for number in range(1, 10)) + ", parse_json(column9)"


@dataclass(frozen=True)
class Account:
    """A local Snowflake, and the private key (PEM) of the user that builds there."""

    server: SnowflakeServer
    key: str


class WarehouseOnSnowflake(Builds):
    """Without schemas until it is provisioned.

    `sent` is what its builds and tests have sent so far, as entries of the server's ledger.
    """

    def __init__(
        self,
        account: Account,
        *,
        target: Path,
        prefix: str = PREFIX,
        connectors: Sequence[str] = ("prohandel",),
    ) -> None:
        super().__init__(target, connectors=connectors)
        self._account = account
        self._prefix = prefix
        self.sent: list[dict[str, Any]] = []

    def provision(self, *tenants: Tenant) -> None:
        """Make the schemas and every raw table anew."""
        with self._cursor() as cursor:
            cursor.execute(f"create database if not exists {DATABASE}")
            for layer in LAYERS:
                cursor.execute(f"create or replace schema {DATABASE}.{self._prefix}{layer}")
            for table in self.raw_tables:
                cursor.execute(f"create table {self._table('raw', table.upper())} ({RAW_TABLE})")
            cursor.execute(
                f"create table {self._table('raw', 'TENANTS')} (tenant_id varchar, name varchar,"
                " time_zone varchar, currency varchar, country varchar, updated_at timestamp_ntz)"
            )
        self._insert("TENANTS", "*", [(*astuple(each), "2024-01-01") for each in tenants])

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MERCURIOS_DBT_TARGET": "snowflake",
            "MERCURIOS_SNOWFLAKE_ACCOUNT": ACCOUNT,
            "MERCURIOS_SNOWFLAKE_USER": "BUILDER",
            "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": self._account.key,
            "MERCURIOS_SNOWFLAKE_ROLE": "MERCURIOS_TRANSFORMER",
            "MERCURIOS_SNOWFLAKE_DATABASE": DATABASE,
            "MERCURIOS_SNOWFLAKE_WAREHOUSE": "MERCURIOS_ANALYTICS_WH",
            "MERCURIOS_SNOWFLAKE_HOST": self._account.server.host,
            "MERCURIOS_SNOWFLAKE_PORT": str(self._account.server.port),
            "MERCURIOS_SNOWFLAKE_PROTOCOL": "http",
            "MERCURIOS_SCHEMA_PREFIX": self._prefix,
            "MERCURIOS_QUERY_TAG": TAG,
        }

    def dbt(self, *arguments: str, writes: bool = False) -> None:
        before = len(self._account.server.ledger())
        try:
            super().dbt(*arguments, writes=writes)
        finally:
            since = self._account.server.ledger()[before:]
            self.sent += [entry for entry in since if entry["user"] == "BUILDER"]

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        self._insert(table.upper(), PARSED, list(rows))

    def execute(self, statement: str) -> None:
        with self._cursor() as cursor:
            cursor.execute(statement)

    def rows(self, query: str) -> list[Row]:
        with self._cursor() as cursor:
            return _fetched(cursor, query)

    def tables(self, *schemas: str) -> dict[str, list[Row]]:
        """Named as on DuckDB: `standard.std_sales`. The rows are in no order."""
        with self._cursor() as cursor:
            found = [
                (schema, name)
                for schema in schemas
                for (name,) in _fetched(
                    cursor,
                    f"select table_name from {DATABASE}.information_schema.tables"
                    f" where table_schema = '{self._prefix}{schema.upper()}'"
                    " and table_type = 'BASE TABLE' order by table_name",
                )
            ]
            return {
                f"{schema}.{name.lower()}": _fetched(
                    cursor, f"select * from {self._table(schema, name)}"
                )
                for schema, name in found
            }

    def _insert(self, table: str, columns: str, rows: list[Row]) -> None:
        if not rows:
            return
        one = "(" + ", ".join(["%s"] * len(rows[0])) + ")"
        with self._cursor() as cursor:
            cursor.execute(
                f"insert into {self._table('raw', table)}"
                f" select {columns} from values {', '.join([one] * len(rows))}",
                [value if isinstance(value, str) else str(value) for row in rows for value in row],
            )

    def _table(self, schema: str, name: str) -> str:
        return f"{DATABASE}.{self._prefix}{schema.upper()}.{name}"

    @contextmanager
    def _cursor(self) -> Iterator[SnowflakeCursor]:
        with snowflake.connector.connect(**self._account.server.parameters()) as session:
            yield session.cursor()


def _fetched(cursor: SnowflakeCursor, query: str) -> list[Row]:
    cursor.execute(query)
    rows: list[Row] = cursor.fetchall()
    return rows

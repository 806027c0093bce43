"""The same warehouse on each engine: what one promises the other has to keep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import duckdb
import snowflake.connector

from flows.lake.local import LocalLake
from flows.portal import Tenant
from flows.warehouse.duckdb import DuckDBWarehouse, DuckDBWarehouses
from flows.warehouse.duckdb_sql import SETTINGS
from flows.warehouse.snowflake import SnowflakeWarehouses
from flows.warehouse.snowflake_account import Login, SnowflakeAccount
from flows.warehouse.snowflake_sql import prefix
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import Warehouse, Warehouses
from tests.flows.batches import NOON, TENANT, TILLS, file_of
from tests.simulators.snowflake.process import ACCOUNT, SnowflakeServer

DATABASE = "MERCURIOS_DATA"
LAYERS = ("RAW", "STAGING", "STANDARD", "ANALYTICS")


class Place(Protocol):
    """Where Alice's warehouse is."""

    @property
    def tenant(self) -> Tenant: ...

    @property
    def warehouses(self) -> Warehouses: ...

    def open(self, *tables: str) -> AbstractContextManager[Warehouse]:
        """With its raw tables; `shop__sale` if none is named."""

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask for what is in it, by another way than the product's. Schemas are called `raw`, …"""


class OnDuckDB:
    tenant = TENANT

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: DuckDBWarehouse | None = None
        self.warehouses = DuckDBWarehouses(folder)

    @contextmanager
    def open(self, *tables: str) -> Iterator[Warehouse]:
        with self.warehouses.open(self.tenant) as warehouse:
            warehouse.prepare(tenant=self.tenant, tables=list(tables) or ["shop__sale"], at=NOON)
            self._held = warehouse
            yield warehouse
        self._held = None

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        if self._held is not None:  # nobody else can open the file, not even this process
            return self._held._rows(statement)
        with duckdb.connect(str(file_of(self._folder)), config=SETTINGS) as db:
            rows: list[tuple[Any, ...]] = db.execute(statement).fetchall()
        return rows


class OnSnowflake:
    """Schemas of Alice's own on a server that others use too."""

    def __init__(self, server: SnowflakeServer, folder: Path) -> None:
        self.server = server
        self.tenant = replace(TENANT, slug=f"alice-{uuid4().hex[:8]}", engine="SNOWFLAKE")
        self.lake = LocalLake(folder / "lake")
        self.account = account_on(server, folder)
        make_schemas(server, self.tenant.slug)
        self.warehouses = self.another()

    def another(self, *, run: str = "run", connection: str = TILLS) -> SnowflakeWarehouses:
        """As another run has them: with sessions of its own."""
        tag = Tag(tenant=self.tenant.code, connection=connection, run=run, step="extract")
        return SnowflakeWarehouses(self.account, tag=lambda: tag, lake=self.lake)

    @contextmanager
    def open(self, *tables: str) -> Iterator[Warehouse]:
        try:
            with self.warehouses.open(self.tenant) as warehouse:
                tables = tables or ("shop__sale",)
                warehouse.prepare(tenant=self.tenant, tables=list(tables), at=NOON)
                yield warehouse
        finally:
            self.warehouses.close()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        return ask(self.server, placed(statement, self.tenant.slug))


def placed(statement: str, slug: str) -> str:
    """A statement about `raw.…` as one about a tenant's own schema."""
    for layer in LAYERS:
        statement = statement.replace(f"{layer.lower()}.", f"{DATABASE}.{prefix(slug)}{layer}.")
    return statement


def account_on(server: SnowflakeServer, folder: Path) -> SnowflakeAccount:
    password = folder / "password"
    password.write_text("wonderland\n")
    return SnowflakeAccount(
        account=ACCOUNT,
        login=Login(user="ALICE", password=f"file:{password}"),
        host=server.host,
        port=server.port,
        protocol="http",
    )


def environment_of(server: SnowflakeServer, folder: Path) -> dict[str, str]:
    """What tells a worker where its Snowflake is."""
    account = account_on(server, folder)
    return {
        "MERCURIOS_SNOWFLAKE_ACCOUNT": account.account,
        "MERCURIOS_SNOWFLAKE_USER": account.login.user,
        "MERCURIOS_SNOWFLAKE_PASSWORD": account.login.password,
        "MERCURIOS_SNOWFLAKE_HOST": account.host,
        "MERCURIOS_SNOWFLAKE_PORT": str(account.port),
        "MERCURIOS_SNOWFLAKE_PROTOCOL": account.protocol,
    }


def make_schemas(server: SnowflakeServer, slug: str) -> None:
    """What provisioning makes for a tenant, without its roles."""
    ask(
        server,
        f"create database if not exists {DATABASE}",
        *(f"create schema {DATABASE}.{prefix(slug)}{layer}" for layer in LAYERS),
    )


def ask(server: SnowflakeServer, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements in a session of their own; the rows of the last one."""
    with snowflake.connector.connect(**server.parameters()) as session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return [tuple(row) for row in cursor.fetchall()]

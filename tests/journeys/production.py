"""The production parts, each as a process of this machine: PostgreSQL, AWS and Snowflake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.processes import Platform
from tests.provision.desk import ADMIN, Desk
from tests.simulators.aws import AwsServer
from tests.simulators.buckets import ADDRESS, make_bucket
from tests.simulators.postgres import Postgres
from tests.simulators.snowflake.process import ACCOUNT, SnowflakeServer

# Of roles as production has them: each owns its database and nothing else.
ROLES = """
    create role portal login password 'portal';
    create database portal owner portal;
    create role prefect login password 'prefect';
    create database prefect owner prefect;
"""
WORKER_KEY, PROVISIONER_KEY = "secret:mercurios-worker", "secret:mercurios-provisioner"


@dataclass(frozen=True)
class Production:
    """Everything behind the seams, and the platform that stands on it."""

    postgres: Postgres
    aws: AwsServer
    snowflake: SnowflakeServer
    platform: Platform
    folder: Path

    @property
    def portal_database(self) -> str:
        return _address(self.postgres, "portal")

    @property
    def prefect_database(self) -> str:
        return _address(self.postgres, "prefect")


@contextmanager
def production(folder: Path) -> Iterator[Production]:
    """Set up as docs/production.md says: the account first, then keys, then the platform."""
    public = folder / "admin.pub"
    public.write_text(ADMIN.public_pem)
    with (
        Postgres() as postgres,
        AwsServer() as aws,
        SnowflakeServer(
            folder / "snowflake", users={"ADMIN": public}, has_account_model=True
        ) as snowflake,
    ):
        postgres.start(sql=ROLES)
        make_bucket(aws)
        for reference in (WORKER_KEY, PROVISIONER_KEY):
            name = reference.removeprefix("secret:")
            aws.client("secretsmanager").create_secret(Name=name, SecretString="none yet")
        told = aws.environment() | _account_of(snowflake)
        _provision(Desk(folder, snowflake), told)
        settings = told | {
            "MERCURIOS_DATABASE_URL": _address(postgres, "portal"),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": _address(postgres, "prefect").replace(
                "postgres://", "postgresql+asyncpg://"
            ),
            "MERCURIOS_LAKE": ADDRESS,
            "MERCURIOS_SECRET_STORE": "portal.connections.secrets_aws.SecretsManager",
            "MERCURIOS_ENGINES": "SNOWFLAKE",
        }
        with Platform(home=folder / "home", settings=settings) as platform:
            yield Production(postgres, aws, snowflake, platform, folder)


def everything_in(address: str) -> Iterator[tuple[str, str]]:
    """Every row of every table of a database, as text, with the table's name."""
    with psycopg.connect(address) as server:
        tables = server.execute(
            "select quote_ident(table_name) from information_schema.tables"
            " where table_schema = 'public' and table_type = 'BASE TABLE'"
        ).fetchall()
        for (table,) in tables:
            for (row,) in server.execute(f"select cast(t.* as text) from {table} as t"):
                yield table, row


def _account_of(snowflake: SnowflakeServer) -> dict[str, str]:
    return {
        "MERCURIOS_SNOWFLAKE_ACCOUNT": ACCOUNT,
        "MERCURIOS_SNOWFLAKE_HOST": snowflake.host,
        "MERCURIOS_SNOWFLAKE_PORT": str(snowflake.port),
        "MERCURIOS_SNOWFLAKE_PROTOCOL": "http",
        "MERCURIOS_SNOWFLAKE_USER": "MERCURIOS_WORKER",
        "MERCURIOS_SNOWFLAKE_PRIVATE_KEY": WORKER_KEY,
        "MERCURIOS_SNOWFLAKE_ADMIN_USER": "MERCURIOS_PROVISIONER",
        "MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY": PROVISIONER_KEY,
    }


def _provision(desk: Desk, told: dict[str, str]) -> None:
    """As the account's administrator, once."""
    desk.key.write_text(ADMIN.pem())
    desk.tenants()
    kept = {name: value for name, value in told.items() if "_ADMIN_" not in name}
    rotated = ("rotate-key", "--user", "MERCURIOS_PROVISIONER", "--keep", PROVISIONER_KEY)
    for words in (("apply",), ("rotate-key", "--keep", WORKER_KEY), rotated):
        done = desk.run(*words, more=kept)
        assert done.status == 0, done.error


def _address(postgres: Postgres, name: str) -> str:
    return postgres.address(role=name, password=name, database=name)


def statements(snowflake: SnowflakeServer, **wanted: Any) -> list[dict[str, Any]]:
    """What the account was sent by a user."""
    return [
        line
        for line in snowflake.ledger()
        if all(line[name] == value for name, value in wanted.items())
    ]

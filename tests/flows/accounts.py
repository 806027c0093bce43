"""An account of Snowflake that lets MERCURIOS_ADMIN read what it was used for, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import snowflake.connector

from flows.provision.keys import Pair
from tests.simulators.snowflake.process import ACCOUNT, SnowflakeServer

SET_UP = (
    "create role MERCURIOS_ADMIN",
    "grant role MERCURIOS_ADMIN to user ADMIN",
    "create warehouse MERCURIOS_TASK_WH warehouse_size = 'XSMALL' auto_suspend = 60",
    "grant usage on warehouse MERCURIOS_TASK_WH to role MERCURIOS_ADMIN",
    "grant imported privileges on database SNOWFLAKE to role MERCURIOS_ADMIN",
)


@dataclass(frozen=True)
class AccountDesk:
    server: SnowflakeServer
    key: Path

    def environment(self) -> dict[str, str]:
        """What tells who reads the account's records where it is."""
        return {
            "MERCURIOS_SNOWFLAKE_ACCOUNT": ACCOUNT,
            "MERCURIOS_SNOWFLAKE_HOST": self.server.host,
            "MERCURIOS_SNOWFLAKE_PORT": str(self.server.port),
            "MERCURIOS_SNOWFLAKE_PROTOCOL": "http",
            "MERCURIOS_SNOWFLAKE_ADMIN_USER": "ADMIN",
            "MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY": f"file:{self.key}",
        }

    def run(self, *statements: str) -> None:
        """As the account's administrator, who logs in with the same key."""
        parameters = self.server.parameters(
            user="ADMIN", role="ACCOUNTADMIN", private_key_file=str(self.key)
        )
        del parameters["password"]
        with snowflake.connector.connect(**parameters) as session, session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@contextmanager
def account_desk(folder: Path) -> Iterator[AccountDesk]:
    pair = Pair.made()
    key, public = folder / "admin.pem", folder / "admin.pub"
    key.write_text(pair.pem())
    public.write_text(pair.public_pem)
    with SnowflakeServer(
        folder / "server", users={"ADMIN": public}, has_account_model=True
    ) as server:
        desk = AccountDesk(server, key)
        desk.run(*SET_UP)
        yield desk

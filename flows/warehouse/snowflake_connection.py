"""A session in Snowflake: the connector behind four calls, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self

import snowflake.connector
from prefect_snowflake.credentials import SnowflakeCredentials
from pyarrow import Table
from pydantic import SecretBytes, SecretStr
from snowflake.connector.cursor import DictCursor, SnowflakeCursor

from flows.warehouse.snowflake_errors import as_ours

# The connector tries again by itself until then; what is passing is tried again by the flow.
LOGIN_SECONDS = 60
ANSWER_SECONDS = 600
# Longer than the five minutes after which Snowflake ends a silent transaction in another's way: who
# waits for a dead run outlives it.
LOCK_SECONDS = 420


@dataclass(frozen=True)
class Way:
    """Everything a login needs. The secrets in it stay in this process."""

    account: str
    address: str
    port: int
    protocol: str
    user: str
    role: str
    warehouse: str
    database: str
    schema: str
    tag: str
    private_key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


class SnowflakeConnection:
    def __init__(self, session: snowflake.connector.SnowflakeConnection, *, tag: str) -> None:
        self._session, self._tag, self._is_closed = session, tag, False

    @classmethod
    def to(cls, way: Way) -> Self:
        """:raises WarehouseRefused, WarehouseUnavailable: as `snowflake_account.connect` says"""
        with as_ours():
            return cls(
                _credentials(way).get_client(
                    host=way.address,
                    port=way.port,
                    protocol=way.protocol,
                    warehouse=way.warehouse,
                    database=way.database,
                    **({"schema": way.schema} if way.schema else {}),
                    application="Mercurios",
                    # It would ask the metadata services of three clouds where it runs.
                    platform_detection_timeout_seconds=0.0,
                    login_timeout=LOGIN_SECONDS,
                    network_timeout=ANSWER_SECONDS,
                    arrow_number_to_decimal=True,  # else cents become doubles
                    session_parameters={
                        "QUERY_TAG": way.tag,
                        "TIMEZONE": "UTC",
                        "LOCK_TIMEOUT": LOCK_SECONDS,
                        "ABORT_DETACHED_QUERY": True,
                        "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ",
                    },
                    # The work of a run that died is of no use to anybody.
                    client_session_keep_alive=False,
                ),
                tag=way.tag,
            )

    @property
    def is_usable(self) -> bool:
        return not (self._is_closed or self._session.is_closed() or self._session.expired)

    def tag(self, text: str) -> None:
        """Let what follows be counted for this."""
        if text != self._tag:
            self.run("alter session set query_tag = %(text)s", {"text": text})
            self._tag = text

    def run(self, statement: str, values: dict[str, Any] | None = None) -> int:
        """Run a statement; how many rows it changed."""
        with as_ours(), self._session.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount or 0)

    def rows(self, statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        with as_ours(), self._session.cursor(SnowflakeCursor) as cursor:
            cursor.execute(statement, values)
            return [tuple(row) for row in cursor.fetchall()]

    def dicts(self, statement: str) -> list[dict[str, Any]]:
        """Rows by the names of their columns, as SHOW and DESCRIBE call them."""
        with as_ours(), self._session.cursor(DictCursor) as cursor:
            cursor.execute(statement)
            return [dict(row) for row in cursor.fetchall()]

    def tables(self, statement: str) -> Iterator[Table]:
        """The rows in pieces that fit into memory; none if there are no rows."""
        with as_ours(), self._session.cursor() as cursor:
            cursor.execute(statement)
            if cursor.rowcount:  # of nothing the connector makes no table
                yield from cursor.fetch_arrow_batches()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, or nothing. DDL inside would end it.

        A session of which nobody knows whether its transaction has ended is given up: it would show
        what it never committed, and its next DDL would commit the half of it.
        """
        self.run("begin")
        try:
            yield
        except BaseException:  # whatever it was, half of it must not stay
            try:
                self.run("rollback")
            except Exception:  # noqa: BLE001 - what went wrong first is what there is to say
                self.close()
            raise
        try:
            self.run("commit")
        except BaseException:  # perhaps it has happened: another session can tell
            self.close()
            raise

    def close(self) -> None:
        self._is_closed = True  # whether or not Snowflake hears of it
        with suppress(Exception):
            self._session.close()


def _credentials(way: Way) -> SnowflakeCredentials:
    """Made in memory and never saved as a block: Prefect shows those to whoever asks its API."""
    if way.private_key:
        return SnowflakeCredentials(
            account=way.account,
            user=way.user,
            role=way.role,
            private_key=SecretBytes(way.private_key.encode()),
        )
    return SnowflakeCredentials(
        account=way.account, user=way.user, role=way.role, password=SecretStr(way.password)
    )

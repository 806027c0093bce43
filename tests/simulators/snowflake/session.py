"""A login's session: who it is, where it stands, and the transaction it has open."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from fakesnow.conn import FakeSnowflakeConnection

# Catalog, schema and name, upper case as stored.
TableName = tuple[str, str, str]


@dataclass
class Session:
    """`database`, `schema`, `role` and `warehouse` are those that USE has set, or None."""

    user: str
    role: str | None = None
    warehouse: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    autocommit: bool = True
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    number: int = field(default_factory=lambda: secrets.randbelow(10**15))
    seen_at: float = field(default_factory=monotonic)
    # One statement at a time, as in a transaction of a real session.
    lock: threading.RLock = field(default_factory=threading.RLock)
    running: bool = False
    is_cancelled: bool = False
    last_query: str | None = None

    in_transaction: bool = False
    # What the open transaction has done, to be done again on a newer state of the tables.
    writes: list[Callable[[], Any]] = field(default_factory=list)
    changed: set[TableName] = field(default_factory=set)
    at_commit: list[Callable[[], Any]] = field(default_factory=list)
    snapshot: int = 0
    # Why the server ended the transaction, told with the next statement.
    aborted: str | None = None

    temporary: set[TableName] = field(default_factory=set)
    answers: dict[str, Any] = field(default_factory=dict)
    _connection: FakeSnowflakeConnection | None = None

    @property
    def connection(self) -> FakeSnowflakeConnection:
        assert self._connection is not None, "the engine opens it before the first statement"
        return self._connection

    @connection.setter
    def connection(self, opened: FakeSnowflakeConnection) -> None:
        self._connection = opened

    @property
    def database(self) -> str | None:
        return self.connection.database if self.connection.database_set else None

    @database.setter
    def database(self, name: str | None) -> None:
        self.connection.database = name
        self.connection.database_set = name is not None

    @property
    def schema(self) -> str | None:
        return self.connection.schema if self.connection.schema_set else None

    @schema.setter
    def schema(self, name: str | None) -> None:
        self.connection._schema = name
        self.connection.schema_set = name is not None

    @property
    def query_tag(self) -> str:
        return str(self.parameters.get("QUERY_TAG") or "")

    @property
    def lock_timeout(self) -> float:
        """Seconds, 43200 unless the session says otherwise."""
        return float(self.parameters.get("LOCK_TIMEOUT", 43200))

    def touch(self) -> None:
        self.seen_at = monotonic()

    @property
    def silent_seconds(self) -> float:
        return 0.0 if self.running else monotonic() - self.seen_at

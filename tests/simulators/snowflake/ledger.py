"""Every statement that reached the server, with the session it came from."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

from tests.simulators.snowflake.session import Session


@dataclass
class Entry:
    """A statement as its session stood on arrival; `error` is the refusal's number, if any."""

    session: int
    user: str
    role: str | None
    warehouse: str | None
    database: str | None
    schema: str | None
    query_tag: str
    sql: str
    error: int | None = None


class Ledger:
    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def record(self, session: Session, sql: str) -> Entry:
        entry = Entry(
            session=session.number,
            user=session.user,
            role=session.role,
            warehouse=session.warehouse,
            database=session.database,
            schema=session.schema,
            query_tag=session.query_tag,
            sql=sql,
        )
        with self._lock:
            self._entries.append(entry)
        return entry

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def rows(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(entry) for entry in self._entries]

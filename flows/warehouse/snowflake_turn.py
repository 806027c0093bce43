"""A tenant's turn across machines: a row of Snowflake that one transaction holds locked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Thread

from flows.warehouse import snowflake_sql as sql
from flows.warehouse.snowflake_connection import SnowflakeConnection

# Snowflake ends a transaction that stands in another's way and was silent for five minutes. That
# ends the turn of a dead process; a living one has to be heard.
BEAT_SECONDS = 60.0


class LockTurn:
    """It has a session of its own. Others wait for as long as their LOCK_TIMEOUT says.

    :param connect: gives a new session
    """

    def __init__(self, tenant_id: str, connect: Callable[[], SnowflakeConnection]) -> None:
        self._tenant_id, self._connect = tenant_id, connect
        self._held: SnowflakeConnection | None = None
        self._over = Event()
        self._beat: Thread | None = None

    def take(self) -> None:
        if self._held is not None:
            return
        session = self._connect()
        try:
            values = {"tenant_id": self._tenant_id}
            session.run(sql.FIRST_TURN, values)
            session.run("begin")
            taken_at = datetime.now(UTC).replace(tzinfo=None)
            session.run(sql.TURN, values | {"taken_at": taken_at.isoformat(sep=" ")})
        except BaseException:
            session.close()
            raise
        self._held = session
        self._over.clear()
        self._beat = Thread(target=self._be_heard, args=(session,), daemon=True)
        self._beat.start()

    def end(self) -> None:
        if self._held is None:
            return
        self._over.set()
        if self._beat is not None:
            self._beat.join()
        with suppress(Exception):  # closing the session ends it, too
            self._held.run("rollback")
        self._held.close()
        self._held = None

    def _be_heard(self, session: SnowflakeConnection) -> None:
        while not self._over.wait(BEAT_SECONDS):
            with suppress(Exception):  # the next one may be heard
                session.rows("select 1")  # of no table: it wakes no warehouse

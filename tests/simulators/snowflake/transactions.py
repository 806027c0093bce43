"""Transactions as a real account has them, on an engine that has snapshots and no waiting.

The engine fixes a transaction's view of the tables when it begins, fails where another has changed
the same rows, and gives the whole transaction up after any error. A real account reads what is
committed when each *statement* begins, waits for the other transaction, and undoes no more than the
failed statement. Both are had by doing a transaction's writes again on a newer state: roll back,
begin, repeat.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from time import monotonic, sleep
from typing import TypeVar

import duckdb

from tests.simulators.snowflake.errors import Conflict, SqlError, is_conflict, refusal
from tests.simulators.snowflake.session import Session, TableName

_POLL_SECONDS = 0.02
Answer = TypeVar("Answer")


class Transactions:
    """Locks on tables, and who holds them.

    :param lock_seconds: how long a statement waits for another transaction; then it is refused;
        a session's LOCK_TIMEOUT can shorten it
    :param abandoned_seconds: a transaction that is silent for this long and in another's way is
        rolled back; a real account does it after five minutes
    """

    def __init__(self, *, lock_seconds: float, abandoned_seconds: float) -> None:
        self._lock_seconds = lock_seconds
        self._abandoned_seconds = abandoned_seconds
        self._owners: dict[TableName, Session] = {}
        self._open: dict[int, Session] = {}
        self._changes: dict[TableName, int] = {}
        self._count = 0
        self._guard = threading.RLock()

    def begin(self, session: Session) -> None:
        """Open a transaction; nothing happens if one is open, as in a real account."""
        if not session.in_transaction:
            session.connection._duck_conn.begin()
            session.in_transaction = True
            session.snapshot = self._count
            with self._guard:
                self._open[session.number] = session

    def commit(self, session: Session) -> None:
        if not session.in_transaction:
            return
        try:
            session.connection._duck_conn.commit()
        except Exception as problem:
            self.rollback(session)
            raise refusal(problem) from problem
        session.in_transaction = False
        self._committed(session, session.changed)
        for work in session.at_commit:
            work()
        self._forget(session)

    def rollback(self, session: Session) -> None:
        if session.in_transaction:
            session.connection._duck_conn.rollback()
            session.in_transaction = False
        self._forget(session)

    def perform(
        self,
        session: Session,
        work: Callable[[], Answer],
        *,
        reads: Iterable[TableName] | None = (),
        writes: Iterable[TableName] = (),
        locks: Iterable[TableName] = (),
        is_atomic: bool = False,
    ) -> Answer:
        """Do a statement's work, inside the open transaction or on its own.

        :param reads: tables whose newest rows it has to see; None means any
        :param locks: tables that no other transaction may be changing meanwhile
        :param is_atomic: outside a transaction, all of it or nothing
        :raises SqlError: 625 if another transaction stays in the way, or what the engine refuses
        """
        deadline = monotonic() + min(self._lock_seconds, session.lock_timeout)
        written, locked = set(writes), set(locks)
        while True:
            try:
                self._lock(session, locked)
                if session.in_transaction and self._has_newer(session, reads, locked):
                    self._repeat(session)
                answer = self._attempt(session, work, is_atomic and not session.in_transaction)
            except Exception as problem:
                if not self._may_try_again(session, problem, written | locked, deadline):
                    raise
                continue
            self._settle(session, work, written)
            return answer

    def end_silent(self, tables: set[TableName], *, but: Session) -> None:
        """Roll back transactions that are in the way and whose clients seem to be gone."""
        with self._guard:
            owners = list(self._open.values())
        for owner in owners:
            is_in_the_way = not tables or bool(tables & (owner.changed | self._held(owner)))
            if owner is but or not is_in_the_way or not owner.lock.acquire(blocking=False):
                continue
            try:
                if owner.in_transaction and owner.silent_seconds >= self._abandoned_seconds:
                    self.rollback(owner)
                    owner.aborted = (
                        "The transaction was idle and blocked others. It has been rolled back."
                    )
            finally:
                owner.lock.release()

    def _attempt(self, session: Session, work: Callable[[], Answer], is_atomic: bool) -> Answer:
        if not is_atomic:
            return work()
        connection = session.connection._duck_conn
        connection.begin()
        try:
            answer = work()
            connection.commit()
        except Exception:
            try:
                connection.rollback()
            except duckdb.Error as rolled_back:  # the first problem is the one to tell
                del rolled_back
            raise
        for after in session.at_commit:
            after()
        session.at_commit.clear()
        return answer

    def _may_try_again(
        self, session: Session, problem: Exception, tables: set[TableName], deadline: float
    ) -> bool:
        is_waiting = isinstance(problem, Conflict) or is_conflict(problem)
        if session.in_transaction and not isinstance(problem, Conflict):
            # The statement is undone; what the transaction did before it stays.
            self._repeat(session)
        elif not session.in_transaction:
            session.at_commit.clear()
            self._release(session)
        if not is_waiting:
            raise refusal(problem) from problem
        if session.is_cancelled:
            raise SqlError(604, "57014", "SQL execution canceled") from problem
        if monotonic() > deadline:
            raise SqlError(
                625,
                "57014",
                "Statement has waited for a lock that another transaction has not yet released.",
            ) from problem
        self.end_silent(tables, but=session)
        sleep(_POLL_SECONDS)
        return True

    def _settle(
        self, session: Session, work: Callable[[], object], written: set[TableName]
    ) -> None:
        if not session.in_transaction:
            if written:
                self._committed(session, written)
            self._release(session)
        elif written:
            session.writes.append(work)
            session.changed |= written

    def _lock(self, session: Session, tables: set[TableName]) -> None:
        with self._guard:
            for table in tables:
                owner = self._owners.get(table)
                if owner is not None and owner is not session:
                    raise Conflict(table)
            for table in tables:
                self._owners[table] = session

    def _has_newer(
        self, session: Session, reads: Iterable[TableName] | None, locked: set[TableName]
    ) -> bool:
        if reads is None:
            return self._count > session.snapshot
        return any(self._changes.get(table, 0) > session.snapshot for table in {*reads, *locked})

    def _repeat(self, session: Session) -> None:
        connection = session.connection._duck_conn
        # Its own table of loads tells COPY not to remove files twice.
        session.at_commit.clear()
        snapshot = self._count
        connection.rollback()
        connection.begin()
        try:
            for work in session.writes:
                work()
        except Exception as problem:
            self.rollback(session)
            raise refusal(problem) from problem
        session.snapshot = snapshot

    def _committed(self, session: Session, tables: set[TableName]) -> None:
        with self._guard:
            self._count += 1
            for table in tables:
                self._changes[table] = self._count

    def _held(self, session: Session) -> set[TableName]:
        return {table for table, owner in self._owners.items() if owner is session}

    def _release(self, session: Session) -> None:
        with self._guard:
            for table in self._held(session):
                del self._owners[table]

    def _forget(self, session: Session) -> None:
        session.writes, session.changed, session.at_commit = [], set(), []
        with self._guard:
            self._open.pop(session.number, None)
        self._release(session)

"""A second connection to the database, in a thread: what another process does meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.conf import settings as configured
from django.db import connection, connections
from django_scopes import scopes_disabled

from portal.lib.errors import Refused

Result = TypeVar("Result")

NEEDS_A_SERVER = pytest.mark.skipif(
    "postgresql" not in configured.DATABASES["default"]["ENGINE"],
    reason="SQLite has one writer. Run it with: make test-postgres",
)
SECONDS = 20.0
WAITING = "select count(*) from pg_locks where not granted and pid <> pg_backend_pid()"


def meanwhile(work: Callable[[], Result]) -> Future[Result]:
    """Begin work beside the transaction of the caller; gives it when it has ended, or waits.

    :raises AssertionError: if it does neither
    """
    threads = ThreadPoolExecutor(1)
    begun = threads.submit(on_its_own_connection, work)
    threads.shutdown(wait=False)  # it may wait for us
    deadline = time.monotonic() + SECONDS
    while not begun.done() and not _somebody_waits():
        assert time.monotonic() < deadline, "it neither ends nor waits for a lock"
        time.sleep(0.01)
    return begun


def at_once(*works: Callable[[], Result]) -> list[Result]:
    """Do all of it at the same moment, each on a connection of its own."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], Result]) -> Result:
        barrier.wait(SECONDS)
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        begun = [
            threads.submit(on_its_own_connection, lambda work=work: begin(work)) for work in works
        ]
        return [each.result(SECONDS) for each in begun]


def outcome(work: Callable[[], Any]) -> Callable[[], Any]:
    """What it gives, or the sentence with which it is refused."""

    def done() -> Any:
        try:
            return work()
        except Refused as refused:
            return refused.message

    return done


def on_its_own_connection(work: Callable[[], Result]) -> Result:
    """Do it in this thread, whose connection is closed when it is done."""
    try:
        with scopes_disabled():  # what is tried here is locks
            return work()
    finally:
        connections.close_all()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])

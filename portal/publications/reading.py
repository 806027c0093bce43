"""An in-memory DuckDB that sees a handful of Parquet files as views, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb

MEMORY = "512MB"
# The pages of one request and one query are answered well within this, or not at all.
SECONDS = 20.0

# `enable_external_access` and the lock come after the views: from then on nothing can be widened.
SETTINGS = {
    "threads": 1,
    "memory_limit": MEMORY,
    "temp_directory": "",  # what does not fit in memory is refused, not written to disk
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}


RUN_AGAIN = "Run one of the tenant's connections again: that publishes a new one."


class PublicationBroken(Exception):
    """The files of a publication are missing, torn or not what its manifest says."""


class LakeUnreadable(PublicationBroken):
    """The lake does not answer, or does not let the portal read. The log has the reason."""


@dataclass(frozen=True)
class Reading:
    """An open publication. `connection` is for the query of `query.py` alone."""

    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of one of our own statements, by column name.

        :raises PublicationBroken: if a view or column it names is not in this publication
        """
        with self._answering(sql, parameters) as found:
            columns = [each[0] for each in found.description]
            return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    def one(self, sql: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The only row of a statement that has exactly one, such as a count."""
        [row] = self.rows(sql, parameters)
        return row

    def stream(self, sql: str, *, chunk: int = 1_000) -> Iterator[tuple[Any, ...]]:
        """The rows of a statement one by one, without holding all of them."""
        with self._answering(sql, None) as found:
            while rows := found.fetchmany(chunk):
                yield from rows

    @contextmanager
    def _answering(
        self, sql: str, parameters: Mapping[str, Any] | None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with interrupted_after(self.connection, seconds=SECONDS):
                yield self.connection.execute(sql, dict(parameters or {}))
        except duckdb.Error as error:
            raise _broken(error) from error


@contextmanager
def locked_down(paths: Mapping[str, Path | Sequence[Path]]) -> Iterator[Reading]:
    """Views named like the keys over exactly these files; several are read as one."""
    connection = duckdb.connect(":memory:", config=SETTINGS)
    try:
        try:
            _set_up(connection, paths)
        except duckdb.Error as error:
            raise _broken(error) from error
        yield Reading(connection)
    finally:
        connection.close()


def _set_up(
    connection: duckdb.DuckDBPyConnection, paths: Mapping[str, Path | Sequence[Path]]
) -> None:
    files = {name: [each] if isinstance(each, Path) else each for name, each in paths.items()}
    allowed = ", ".join(_quoted(path) for found in files.values() for path in found)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set python_enable_replacements = false")  # no Python variables as tables
    connection.execute(f"set allowed_paths = [{allowed}]")
    connection.execute("set enable_external_access = false")
    for name, found in files.items():
        read = ", ".join(_quoted(path) for path in found)
        connection.execute(f'create view "{name}" as from read_parquet([{read}])')
    connection.execute("set lock_configuration = true")


@contextmanager
def interrupted_after(connection: duckdb.DuckDBPyConnection, *, seconds: float) -> Iterator[None]:
    """:raises duckdb.InterruptException: inside, once the time is over"""
    timer = Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with suppress(duckdb.Error):  # an unfinished result would keep the connection busy
            connection.abort()


def first_line(error: Exception) -> str:
    """DuckDB's message without its drawing of the statement, on one line."""
    said = str(error).split("\n\n")[0].split("\nLINE ")[0]
    return " ".join(said.split())


def _broken(error: duckdb.Error) -> PublicationBroken:
    return PublicationBroken(f"The publication cannot be read ({first_line(error)}). {RUN_AGAIN}")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

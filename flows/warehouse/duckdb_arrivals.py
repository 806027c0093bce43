"""The ways in which a batch comes into raw: as text with what is known of it, or as columns.

Each first sorts out what is new, then keeps that, inside one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import duckdb

from flows.warehouse import duckdb_columns as columns
from flows.warehouse import duckdb_sql as sql
from flows.warehouse.moments import naive
from flows.warehouse.warehouse import Batch, Typed

READ = """
    select position, record_key, changed_at, cast(content_hash as varchar) as content_hash
    from read_typed
    where reason is null
"""


# What a batch may take, so that a run stays small however large it is. A reader of columns takes
# all it is given, and is hardly slower with less.
READING = "set memory_limit = '160MB'"
SORTING = "set memory_limit = '220MB'"
# What is read value by value needs more, and so much for each thread; of wide records more again,
# as two thousand of them are looked at together.
ONE_BY_ONE = ("set memory_limit = '{megabytes}MB'", "set threads = 1")
MEGABYTES = 400
USUAL_BYTES = 1024
WIDEST = 4
IN_ORDER = "set preserve_insertion_order = true"
IN_ANY_ORDER = "set preserve_insertion_order = false"
# So many records need little of anything.
FEW = 10_000


class NotStraight(Exception):
    """The batch cannot go straight into raw; nothing of it has."""


@dataclass(frozen=True)
class Sorted:
    """`counts` are new, changed, unchanged and rejected; `newest` the latest change (UTC)."""

    counts: tuple[int, int, int, int]
    newest: datetime | None


class Arrival(Protocol):
    @property
    def seen(self) -> str:
        """A query of the keys it brings, while it is sorted; empty if none is held yet."""

    def read(self) -> None:
        """What can be done before the transaction."""

    def sort_out(self, *, at: datetime) -> Sorted: ...

    def keep(self, *, at: datetime) -> None: ...


class Nothing:
    """A batch of a source that had nothing to say. It is accounted for, and that is all."""

    seen = ""

    def read(self) -> None:
        """There is nothing to read."""

    def sort_out(self, *, at: datetime) -> Sorted:
        return Sorted((0, 0, 0, 0), None)

    def keep(self, *, at: datetime) -> None:
        """There is nothing to keep."""


class FromFile:
    """Text with what is known of it: the files of a batch have it all."""

    @property
    def seen(self) -> str:
        return "select record_key from classified"

    def __init__(self, db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        self._db = db
        self._batch = batch

    def read(self) -> None:
        """It has been read."""
        if self._batch.records > FEW:
            self._db.execute(READING)

    def sort_out(self, *, at: datetime) -> Sorted:
        return self._sorted(sql.classify(self._batch.table), at=at)

    def keep(self, *, at: datetime) -> None:
        for statement in sql.merge(self._batch.table):
            self._run(statement, at=at)
        self._keep_rejects()
        self._db.execute("drop table classified")
        self._be_ready()

    def _be_ready(self) -> None:
        """For the commit, which writes all of it into the file."""
        self._db.execute(IN_ORDER)
        if self._batch.records > FEW:
            self._db.execute(SORTING)

    def _sorted(self, classify: str, *, at: datetime) -> Sorted:
        self._run(classify, at=at)
        new, changed, unchanged, newest = self._rows(sql.COUNTS)[0]
        return Sorted((new, changed, unchanged, self._rejected()), newest)

    def _rejected(self) -> int:
        if not self._batch.rejects.exists():
            return 0
        held = self._rows("select count(*) from read_parquet(?)", [str(self._batch.rejects)])
        return int(held[0][0])

    def _keep_rejects(self) -> None:
        if self._batch.rejects.exists():
            self._db.execute(sql.REJECTS, [self._batch.batch_id, str(self._batch.rejects)])

    def _run(self, statement: str, *, at: datetime) -> duckdb.DuckDBPyConnection:
        # DuckDB refuses values that a statement does not name.
        values = {
            name: value for name, value in self._values(at).items() if f"${name}" in statement
        }
        return self._db.execute(statement, values)

    def _values(self, at: datetime) -> Mapping[str, Any]:
        batch = self._batch
        return {
            "tenant_id": batch.tenant_id,
            "connection_id": batch.connection_id,
            "batch_id": batch.batch_id,
            "extracted_at": naive(batch.extracted_at),
            "landed_at": naive(at),
            "file": str(batch.file),
        }

    def _rows(self, statement: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._db.execute(statement, values).fetchall()
        return rows


class First(FromFile):
    """Text of which raw holds nothing of the connection yet: there is nothing to be compared."""

    @property
    def seen(self) -> str:
        return ""

    def read(self) -> None:
        super().read()
        self._db.execute(IN_ANY_ORDER)

    def sort_out(self, *, at: datetime) -> Sorted:
        rows, keys, newest = self._run(sql.FIRST_COUNTS, at=at).fetchall()[0]
        if rows != keys:
            raise NotStraight
        return Sorted((rows, 0, 0, self._rejected()), newest)

    def keep(self, *, at: datetime) -> None:
        for statement in sql.insert_first(self._batch.table):
            self._run(statement, at=at)
        self._keep_rejects()
        self._be_ready()


class AsColumns(FromFile):
    """Columns by way of a table of their own: what is changed has to be told from what is not."""

    def __init__(self, db: duckdb.DuckDBPyConnection, batch: Batch, typed: Typed) -> None:
        super().__init__(db, batch)
        self._typed = typed
        self._is_sorted = False

    @property
    def seen(self) -> str:
        return f"select record_key from {'classified' if self._is_sorted else 'read_typed'}"

    def read(self) -> None:
        typed = self._typed
        columns.make_tables(self._db, self._batch.table, typed.columns)
        if self._batch.records > FEW:
            self._db.execute(SORTING)
        if typed.arrived is None:
            self._read(typed.exact)
            return
        try:
            with arrived(self._db, typed):
                self._db.execute(READ_FIRST.format(query=typed.quick))
            self._read(typed.exact, to_begin=READ_NEXT)
        except duckdb.Error:
            # Whatever is odd about one of them, the other way of reading can tell.
            self._read(typed.closer)

    def _read(self, queries: Sequence[str], *, to_begin: str | None = None) -> None:
        """Value by value."""
        if queries:
            width = self._batch.bytes_read // self._batch.records // USUAL_BYTES
            megabytes = MEGABYTES * min(max(width, 1), WIDEST)
            for statement in ONE_BY_ONE:
                self._db.execute(statement.format(megabytes=megabytes))
        statement = to_begin or READ_FIRST
        for query in queries:
            self._db.execute(statement.format(query=query))
            statement = READ_NEXT

    def sort_out(self, *, at: datetime) -> Sorted:
        table = self._batch.table
        if self._batch.records <= FEW:
            rows, same, newest = self._run(columns.compare(table), at=at).fetchall()[0]
            if rows == same:
                return Sorted((0, 0, rows, self._rejected()), newest)
        self._is_sorted = True
        return self._sorted(sql.classify(table, READ, held=columns.held_by_batch(table)), at=at)

    def keep(self, *, at: datetime) -> None:
        if self._is_sorted:
            self._run(columns.merge(self._batch.table), at=at)
            self._db.execute("drop table classified")
        self._run(REJECTS, at=at)
        self._keep_rejects()
        self._db.execute("drop table read_typed")

    def _rejected(self) -> int:
        held = self._rows("select count(*) from read_typed where reason is not null")
        return super()._rejected() + int(held[0][0])


class Straight(AsColumns):
    """Columns straight into their table, which holds nothing of the connection yet."""

    @property
    def seen(self) -> str:
        return ""

    def read(self) -> None:
        """It is read as it is kept.

        No record is twice in it, so their order says nothing, and any is faster than none.
        """
        columns.make_tables(self._db, self._batch.table, self._typed.columns)
        self._db.execute(READING)
        self._db.execute(IN_ANY_ORDER)

    def sort_out(self, *, at: datetime) -> Sorted:
        table = self._batch.table
        queries = [query for query in (self._typed.quick, *self._typed.exact) if query]
        # Others may have to be read one by one.
        if len(queries) > 1:
            raise NotStraight
        try:
            with arrived(self._db, self._typed):
                self._run(columns.insert_all(table, queries[0]), at=at)
        except duckdb.Error:
            raise NotStraight from None
        rows, keys, newest = self._rows(
            COUNT_ALL.format(table=columns.table_of(table)), [self._batch.batch_id]
        )[0]
        # A record without a time of change has that of the reading, and may not move the bookmark.
        if rows != keys or newest == naive(self._batch.extracted_at):
            raise NotStraight
        return Sorted((rows, 0, 0, FromFile._rejected(self)), newest)

    def keep(self, *, at: datetime) -> None:
        self._keep_rejects()
        self._be_ready()


@contextmanager
def arrived(db: duckdb.DuckDBPyConnection, typed: Typed) -> Iterator[None]:
    """The batch's columns under the name by which its queries ask for them."""
    if typed.arrived is None:
        yield
        return
    db.register("arrived", typed.arrived())
    try:
        yield
    finally:
        db.unregister("arrived")


READ_FIRST = "create or replace temp table read_typed as {query}"
READ_NEXT = "insert into read_typed {query}"
REJECTS = """
    insert into raw.rejects
    select $batch_id, reason, payload from read_typed where reason is not null
"""
COUNT_ALL = """
    select count(*), count(distinct hash(record_key)), max(changed_at)
    from {table} where batch_id = ?
"""

"""The ledger of a DuckDB warehouse: what each batch brought, how far it came, what it held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from flows.connectors.bookmarks import Bookmark, with_notes
from flows.warehouse import duckdb_sql as sql
from flows.warehouse.account import account_again, sweep_values
from flows.warehouse.duckdb_deletes import LEDGER as OF_DELETES
from flows.warehouse.moments import naive, utc
from flows.warehouse.warehouse import Batch, Fenced, Known, Landed

STATEMENTS = (
    *sql.LEDGER,
    *OF_DELETES,
    # What the last batch of each stream held, if that was little.
    """create table if not exists raw.last_contents (
        connection_id varchar, stream varchar, contents varchar not null,
        primary key (connection_id, stream))""",
)
# If this can be understood, there is nothing of it to be made.
IS_THERE = """
    select batches.returned
    from raw.tenants, raw.batches, raw.bookmarks, raw.bookmark_notes, raw.fences, raw.rejects,
        raw.builds, raw.last_contents{more}
    limit 0
"""
KNOWN = """
    select stream, bookmark, notes, contents, null as fence
    from (select stream, bookmark from raw.bookmarks where connection_id = $connection_id)
    full join (select stream, notes from raw.bookmark_notes where connection_id = $connection_id)
        using (stream)
    full join (select stream, contents from raw.last_contents where connection_id = $connection_id)
        using (stream)
    union all
    select null, null, null, null, fence from raw.fences where connection_id = $connection_id
"""
BEFORE = """
    select
        (select fence from raw.fences where connection_id = $connection_id),
        (select max(landed_at) from raw.batches),
        (select bookmark from raw.bookmarks
            where connection_id = $connection_id and stream = $stream),
        (select notes from raw.bookmark_notes
            where connection_id = $connection_id and stream = $stream)
"""


def is_there(db: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> bool:
    """Whether the ledger and these tables of raw have been made."""
    names = (f", raw.{sql.name(name)}" for table in tables for name in (table, f"{table}__current"))
    try:
        db.execute(IS_THERE.format(more="".join(names)))
    except (duckdb.CatalogException, duckdb.BinderException):
        return False
    return True


class Ledger:
    """Written inside the transaction that keeps a batch."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db

    def begin_run(self, *, connection_id: str, fence: int) -> Known:
        """
        :raises Fenced: if a later run of the connection has begun
        """
        found = self._db.execute(KNOWN, {"connection_id": connection_id}).fetchall()
        fences = [held for stream, *_, held in found if stream is None]
        self._take_fence(connection_id, fence, held=fences[0] if fences else None)
        return _known(found)

    def known(self, connection_id: str) -> Known:
        return _known(self._db.execute(KNOWN, {"connection_id": connection_id}).fetchall())

    def landed_before(self, batch: Batch) -> Landed | None:
        return account_again(self._db.execute(sql.ACCOUNT, [batch.batch_id]).fetchall())

    def _take_fence(self, connection_id: str, fence: int, *, held: int | None) -> None:
        if held is not None and held > fence:
            raise Fenced("A later run of this connection has begun. This one stops here.")
        if held != fence:
            self._db.execute(sql.FENCE, [connection_id, fence])

    def begin(self, batch: Batch, *, at: datetime) -> tuple[datetime, Bookmark]:
        """When a batch lands, which never goes back, and how far its stream came before.

        What is built next is found by that time. Earlier runs of the connection are kept out.

        :raises Fenced: if a later run of the connection has begun
        """
        asked = {"connection_id": batch.connection_id, "stream": batch.stream}
        held, last, moment, notes = self._db.execute(BEFORE, asked).fetchall()[0]
        self._take_fence(batch.connection_id, batch.fence, held=held)
        if last is not None:
            at = max(at, last.replace(tzinfo=UTC) + timedelta(microseconds=1))
        return at, with_notes(Bookmark(moment=utc(moment)), notes)

    def write(self, batch: Batch, landed: Landed, *, before: Bookmark, at: datetime) -> None:
        """:param before: the bookmark so far"""
        bookmark, of = landed.bookmark, [batch.connection_id, batch.stream]
        if bookmark.moment is not None and bookmark.moment != before.moment:
            self._db.execute(
                "insert or replace into raw.bookmarks values (?, ?, ?, ?)",
                [*of, naive(bookmark.moment), naive(at)],
            )
        if batch.noted.notes:
            self._db.execute(
                "insert or replace into raw.bookmark_notes values (?, ?, ?, ?)",
                [*of, bookmark.notes, naive(at)],
            )
        self._db.execute("delete from raw.last_contents where connection_id = ? and stream = ?", of)
        if batch.contents and not landed.rejected:
            self._db.execute(
                "insert into raw.last_contents values (?, ?, ?)", [*of, batch.contents]
            )
        self._db.execute(f"insert into raw.batches values {sql.LINE}", line(batch, landed, at=at))

    def write_unchanged(self, batches: Sequence[tuple[Batch, Landed]], *, at: datetime) -> None:
        """
        :raises Fenced: if a later run of the connection has begun
        """
        for batch, _ in batches[:1]:
            at, _ = self.begin(batch, at=at)
        rows = ", ".join([sql.LINE] * len(batches))
        values = [
            value
            for number, (batch, landed) in enumerate(batches)
            for value in line(batch, landed, at=at + timedelta(microseconds=number))
        ]
        self._db.execute(f"insert into raw.batches values {rows}", values)


def _known(found: Sequence[Sequence[Any]]) -> Known:
    of_streams = [row for row in found if row[0] is not None]
    return Known(
        bookmarks={
            stream: with_notes(Bookmark(moment=utc(moment)), notes)
            for stream, moment, notes, *_ in of_streams
        },
        contents={stream: contents for stream, _, _, contents, _ in of_streams if contents},
    )


def line(batch: Batch, landed: Landed, *, at: datetime) -> list[Any]:
    """What the ledger says of a batch."""
    return [
        *(batch.batch_id, batch.tenant_id, batch.connection_id, batch.connector),
        *(batch.stream, batch.run_id, naive(batch.extracted_at), naive(at)),
        *(landed.extracted, landed.new, landed.changed, landed.unchanged, landed.rejected),
        batch.bytes_read,
        batch.lake_key if landed.brought_something else None,
        landed.bookmark.text or None,
        *sweep_values(landed.swept).values(),
    ]

"""Records that a whole listing does not name, marked as gone in a DuckDB warehouse.

Raw is append-only: a record that is gone gets one more row, a copy of the last one without a hash.
Whatever reads rows in the order of their moments then knows since when it is gone. One that is
there again, though no batch brought it, gets its last content once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from flows.warehouse import duckdb_columns as columns
from flows.warehouse import duckdb_sql as sql
from flows.warehouse.deletes import GONE, Swept, is_plausible
from flows.warehouse.moments import naive
from flows.warehouse.warehouse import Batch

# What every ledger has since deletes are found: nothing in it where nobody looked for any.
LEDGER = tuple(
    f"alter table raw.batches add column if not exists {name} bigint"
    for name in ("held", "missing", "deleted", "returned")
)


@dataclass(frozen=True)
class Form:
    """How a stream is held: as text, or as columns.

    :param place: its append-only table
    :param held: a relation of what was current of each record before the batch: hash and moment
    :param gone: what stands for the hash of a record that is gone
    :param origin: the columns of a row that are its batch's, with their new values
    :param current: the table of what is current; none where rows say it themselves
    """

    place: str
    held: str
    gone: str
    origin: str
    current: str = ""


def form_of(batch: Batch, *, has_columns: bool) -> Form:
    """:param has_columns: whether the stream is held as columns: what is empty does not say it"""
    table = batch.table
    if batch.typed is None and (batch.records or not has_columns):
        current = f"raw.{sql.name(table + '__current')}"
        return Form(
            place=f"raw.{sql.name(table)}",
            held=current,
            gone=f"'{GONE}'",
            origin="$batch_id as batch_id, $extracted_at as extracted_at, $at as landed_at",
            current=current,
        )
    place = columns.table_of(table)
    return Form(
        place=place,
        # Rows of the batch may be there already.
        held=f"""(
            select connection_id, record_key, {columns.HASH} as content_hash, moment
            from (
                select
                    connection_id, record_key, max(changed_at) as moment,
                    arg_max(content_hash, changed_at) as content_hash
                from {place}
                where connection_id = $connection_id and batch_id <> $batch_id
                group by all
            )
        )""",
        gone=str(columns.GONE_HASH),
        origin="$batch_id as batch_id",
    )


class Deletes:
    """What is marked together with one batch, inside its transaction."""

    def __init__(self, db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        self._db = db
        self._batch = batch

    def find(self, *, seen: str, rejected: int) -> Swept | None:
        """
        :param seen: a query of the keys that the batch holds; empty if it holds none of those held
        :param rejected: how many of the batch's records were rejected
        """
        sweep = self._batch.sweep
        if sweep is None:
            return None
        has_columns = columns.is_there(self._db, self._batch.table)
        if self._batch.typed is not None and not has_columns:
            return Swept(0, 0, 0, 0)
        self._form = form_of(self._batch, has_columns=has_columns)
        self._run(found(self._form, seen, has_file=sweep.file is not None))
        held, missing, returned = self._counts()
        may = is_plausible(sweep, held=held, missing=missing, rejected=rejected)
        if not may:
            self._db.execute("delete from swept where is_missing")
        return Swept(held, missing, deleted=missing if may else 0, returned=returned)

    def mark(self, swept: Swept | None, *, at: datetime) -> None:
        """:param at: when the batch lands"""
        if swept is not None and swept.deleted + swept.returned:
            for statement in marked(self._form):
                self._run(statement, at=naive(at))
        self._db.execute("drop table if exists swept")

    def _counts(self) -> tuple[int, int, int]:
        (held,) = self._rows(f"select count(*) from {self._form.held} where {HELD}")[0]
        missing, returned = self._rows(
            "select count(*) filter (where is_missing), count(*) filter (where not is_missing)"
            " from swept"
        )[0]
        return held, missing, returned

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._run(statement).fetchall()
        return rows

    def _run(self, statement: str, **more: Any) -> duckdb.DuckDBPyConnection:
        batch, sweep = self._batch, self._batch.sweep
        beginning = sweep.beginning if sweep else None
        values = {
            "connection_id": batch.connection_id,
            "batch_id": batch.batch_id,
            "extracted_at": naive(batch.extracted_at),
            "beginning": naive(beginning) if beginning else None,
            "listing": str(sweep.file) if sweep else None,
            **more,
        }
        # DuckDB refuses values that a statement does not name.
        named = {name: value for name, value in values.items() if f"${name}" in statement}
        return self._db.execute(statement, named)


HELD = f"""
    connection_id = $connection_id and content_hash <> '{GONE}'
    and ($beginning is null or moment >= $beginning)
"""
LISTED = "select record_key from read_parquet($listing)"


def found(form: Form, seen: str, *, has_file: bool) -> str:
    """A table of the keys that are missing, and of those that are there again."""
    brought = f"and record_key not in ({seen})" if seen else ""
    listed = f"and record_key not in ({LISTED})" if has_file else ""
    again = f"""
        union all
        select record_key, moment, false
        from {form.held}
        where connection_id = $connection_id and content_hash = '{GONE}'
            and record_key in ({LISTED}) {brought}
    """
    return f"""
        create or replace temp table swept as
        select record_key, moment, true as is_missing
        from {form.held}
        where {HELD} {brought} {listed}
        {again if has_file else ""}
    """


def marked(form: Form) -> list[str]:
    """One more row for each, with what it said last; and what is current of it now."""
    return [
        f"""
        create or replace temp table said_last as
        select
            swept.record_key,
            contents.changed_at as said_at,
            greatest($extracted_at, swept.moment + to_microseconds(1)) as moment,
            case when swept.is_missing then {form.gone} else contents.content_hash end
                as content_hash
        from {form.place} as contents
        inner join swept on swept.record_key = contents.record_key
        where contents.connection_id = $connection_id and contents.content_hash <> {form.gone}
        qualify row_number() over (
            partition by contents.record_key order by contents.changed_at desc
        ) = 1
        """,
        f"""
        insert into {form.place} by name
        select
            held.* replace (
                {form.origin}, said_last.moment as changed_at,
                said_last.content_hash as content_hash
            )
        from {form.place} as held
        inner join said_last
            on held.connection_id = $connection_id
            and held.record_key = said_last.record_key
            and held.changed_at = said_last.said_at
        """,
        *(_now_current(form.current) if form.current else ()),
        "drop table said_last",
    ]


def _now_current(current: str) -> tuple[str, str]:
    return (
        f"""
        delete from {current}
        where connection_id = $connection_id
            and record_key in (select record_key from said_last)
        """,
        f"""
        insert into {current}
        select $connection_id, record_key, content_hash, moment from said_last
        """,
    )

"""How far the streams of a connection have been read, in Snowflake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flows.connectors.bookmarks import Bookmark, with_notes
from flows.warehouse.moments import naive, utc
from flows.warehouse.snowflake_connection import SnowflakeConnection

# Both in one question: each costs a way to the warehouse and back.
BOOKMARKS = """
    select stream, bookmark, null as notes
    from bookmarks
    where connection_id = %(connection_id)s
    union all
    select stream, null, notes
    from bookmark_notes
    where connection_id = %(connection_id)s
"""
FORGET = "delete from {table} where connection_id = %(connection_id)s and stream = %(stream)s"
MOMENT = """
    insert into bookmarks (connection_id, stream, bookmark, updated_at)
    select
        %(connection_id)s, %(stream)s,
        to_timestamp_ntz(%(bookmark)s), to_timestamp_ntz(%(landed_at)s)
"""
NOTES = """
    insert into bookmark_notes (connection_id, stream, notes, updated_at)
    select %(connection_id)s, %(stream)s, %(notes)s, to_timestamp_ntz(%(landed_at)s)
"""


def bookmarks(rows: Iterable[Sequence[Any]]) -> dict[str, Bookmark]:
    """By stream, of rows with a moment (UTC without saying so), notes or both."""
    found: dict[str, Bookmark] = {}
    for stream, moment, notes in rows:
        bookmark = found.get(stream, Bookmark())
        if moment is not None:
            bookmark = replace(bookmark, moment=utc(moment))
        found[stream] = with_notes(bookmark, notes) if notes else bookmark
    return found


def write_bookmark(
    loader: SnowflakeConnection, bookmark: Bookmark, noted: Bookmark, values: Mapping[str, Any]
) -> None:
    """
    :param noted: what the reader noted; where that is nothing, nothing of it has changed
    :param values: `connection_id`, `stream` and `landed_at`
    """
    if bookmark.moment is not None:
        text = naive(bookmark.moment).isoformat(sep=" ", timespec="microseconds")
        loader.run(FORGET.format(table="bookmarks"), dict(values))
        loader.run(MOMENT, {**values, "bookmark": text})
    if noted.notes:
        loader.run(FORGET.format(table="bookmark_notes"), dict(values))
        loader.run(NOTES, {**values, "notes": bookmark.notes})

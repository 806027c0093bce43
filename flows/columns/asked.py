"""What a stream that lands as text asks the native reader for: the parts of its key, its change."""

from __future__ import annotations

from flows.columns.drift import Fields
from flows.columns.found import told
from flows.connectors.json_path import steps
from flows.connectors.streams import Stream
from flows.native import library
from flows.native.reader import Column, Reader


def reader_for(stream: Stream, fields: Fields) -> Reader | None:
    """None where it would not do: it knows names at the top of a record, and no others.

    Where a stream rejects fields that are not known it would have to be told all that are.
    """
    asked = [*stream.key, *([stream.changed.take] if stream.changed else [])]
    is_enough = all(len(steps(each)) == 1 for each in asked) and not fields.refuses
    if not is_enough or not library.is_there():
        return None
    columns = [Column(steps(each)[0], "text", is_needed=True) for each in stream.key]
    if stream.changed is not None:
        columns.append(Column(steps(stream.changed.take)[0], "text"))
    return Reader(columns, refuses=False)


def query(stream: Stream, *, time_zone: str) -> str:
    """Of `chunk`, what the reader found with `payload` beside it: as `payloads.query` gives it."""
    parts = [f"c{number}" for number in range(len(stream.key))]
    changed = f"c{len(parts)}" if stream.changed else ""
    return told(stream, parts=parts, changed=changed, time_zone=time_zone, source="chunk")

"""Records become columns: what a source sent is turned into the files of a batch, chunk by chunk.

The text of each record is kept as the source wrote it, digit for digit. It never becomes a Python
object: what has to be known of it (key, time of change, hash) is found by the columnar engine.
"""

from __future__ import annotations

from flows.columns.chunks import RECORD_BYTES, Chunk
from flows.columns.drift import Drift, Fields
from flows.columns.files import Columns, Origin
from flows.columns.memory import let_go, share_pools
from flows.columns.payloads import Payloads
from flows.columns.typed import Typed, TypedRecords, is_typed

__all__ = [
    "RECORD_BYTES",
    "Chunk",
    "Columns",
    "Drift",
    "Fields",
    "Origin",
    "Payloads",
    "Typed",
    "TypedRecords",
    "is_typed",
    "let_go",
    "share_pools",
]

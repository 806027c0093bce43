"""One stream of a connection: read, freed of people, and turned into the batch of one run.

While a page is fetched, the pages before it become columns on another thread.
"""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from msgspec import Raw

from flows.columns import Chunk, Columns, Origin, Payloads, TypedRecords, is_typed, let_go
from flows.connectors.reader import Reader
from flows.connectors.records import RecordInvalid, strip
from flows.connectors.streams import Stream

NO_OBJECT = json.dumps("Not an object; kept out because it could hold personal data.").encode()

# Up to so many records, what they needed is not worth giving back.
SMALL = 10_000


@dataclass(frozen=True)
class Extracted:
    columns: Columns
    records: int
    bytes_read: int


@dataclass(frozen=True)
class Privacy:
    """Which personal fields a tenant chose to keep, and the key of the hashes of the others."""

    kept: frozenset[str]
    pseudonym_key: bytes


def extract(
    *,
    reader: Reader,
    name: str,
    stream: Stream,
    since: datetime | None,
    privacy: Privacy,
    origin: Origin,
    time_zone: str,
    folder: Path,
    as_columns: bool = False,
) -> Extracted:
    """Read a stream into a folder as the files of a batch.

    :param since: bookmark (UTC); nothing reads everything
    :param as_columns: whether the engine takes columns, where the stream names its fields
    :raises ReadFailed, ReadInterrupted: from the reader; the folder then holds no batch
    """
    kind = TypedRecords if as_columns and is_typed(stream) else Payloads
    freed = partial(free, stream=stream, privacy=privacy) if _has_people(stream) else None
    records = bytes_read = 0
    chunk, under_way = Chunk(), None
    # Of its thread there is one, so chunks stay in order, and no more than two are in memory.
    with (
        kind(folder=folder, name=name, stream=stream, origin=origin, time_zone=time_zone) as batch,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"columns-{name}") as columns,
    ):
        for page in reader.pages(name, since=since, incremental=since is not None):
            bytes_read += page.bytes
            records += len(page.records)
            chunk.add(page.records, text=page.body, strip=freed)
            if chunk.is_full:
                _wait_for(under_way)
                under_way = columns.submit(batch.add, chunk)
                chunk = Chunk()
        _wait_for(under_way)
        batch.add(chunk)
        made = batch.close()
    if records > SMALL:
        del chunk, under_way, page
        let_go()
    return Extracted(columns=made, records=records, bytes_read=bytes_read)


def free(record: Raw, *, stream: Stream, privacy: Privacy) -> bytes:
    """A record without people. Of what is not an object only a text stays, to be rejected."""
    try:
        return strip(record, stream=stream, kept=privacy.kept, pseudonym_key=privacy.pseudonym_key)
    except RecordInvalid:
        return NO_OBJECT


def _has_people(stream: Stream) -> bool:
    personal = stream.personal
    named = personal.drop | personal.hash | personal.never
    return personal.known is not None or bool(named)


def _wait_for(chunk: Future[None] | None) -> None:
    if chunk is not None:
        chunk.result()

"""One stream of a connection: read, freed of people, and turned into the batch of one run.

While a page is fetched, the pages before it become columns on another thread.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Raw

from flows.columns import (
    Chunk,
    Columns,
    Fields,
    Origin,
    Payloads,
    TypedRecords,
    is_typed,
    let_go,
)
from flows.connectors.bookmarks import UNREAD, Bookmark, Start
from flows.connectors.noting import Notes
from flows.connectors.reader import Reader
from flows.connectors.records import RecordInvalid, strip
from flows.connectors.streams import Stream

NO_OBJECT = json.dumps("Not an object; kept out because it could hold personal data.").encode()

# Up to so many records, what they needed is not worth giving back.
SMALL = 10_000


@dataclass(frozen=True)
class Extracted:
    """`noted` is how far the read came, beside what the records' times of change say.

    `contents` is the same for two reads of the same few records; empty for many.
    """

    columns: Columns
    records: int
    bytes_read: int
    noted: Bookmark = UNREAD
    contents: str = ""


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
    start: Start,
    privacy: Privacy,
    origin: Origin,
    time_zone: str,
    folder: Path,
    as_columns: bool = False,
    held: Mapping[str, bool] | None = None,
) -> Extracted:
    """Read a stream into a folder as the files of a batch.

    :param start: the beginning reads everything
    :param as_columns: whether the engine takes columns, where the stream names its fields
    :param held: the names of fields that are known already, see `flows.columns.Fields`
    :raises ReadFailed, ReadInterrupted: from the reader; the folder then holds no batch
    """
    kind = TypedRecords if as_columns and is_typed(stream) else Payloads
    fields = Fields(stream, held or {})
    freed = None
    if _has_people(stream):
        freed = partial(free, stream=stream, privacy=privacy, gone=fields.left_out)
    notes = Notes(stream, time_zone=ZoneInfo(time_zone), read_at=origin.extracted_at)
    records = bytes_read = 0
    chunk, spare, under_way = Chunk(), Chunk(), None
    # Of its thread there is one, so chunks stay in order, and no more than two are in memory.
    with (
        kind(
            folder=folder,
            name=name,
            stream=stream,
            origin=origin,
            time_zone=time_zone,
            fields=fields,
        ) as batch,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"columns-{name}") as columns,
    ):
        for page in reader.pages(name, since=start.since, lists=start.lists):
            bytes_read += page.bytes
            records += len(page.records)
            notes.take(page.records, of=page.of)
            chunk.add(page.records, text=page.body, strip=freed)
            if chunk.is_full:
                _wait_for(under_way)
                under_way = columns.submit(batch.add, chunk)
                chunk, spare = spare, chunk
                chunk.clear()
        _wait_for(under_way)
        contents = ""
        if records == len(chunk) <= SMALL:
            contents = contents_of(chunk, stream)
        batch.add(chunk)
        made = batch.close()
    if records > SMALL:
        del chunk, spare, under_way, page
        let_go()
    return Extracted(
        columns=made,
        records=records,
        bytes_read=bytes_read,
        noted=notes.bookmark,
        contents=contents,
    )


def contents_of(chunk: Chunk, stream: Stream) -> str:
    """What tells records from others, and from the same ones read in another way."""
    said = (stream.key, stream.fields, stream.changed, stream.drift)
    return blake2b(b"\n".join((repr(said).encode(), *chunk)), digest_size=16).hexdigest()


def free(record: Raw, *, stream: Stream, privacy: Privacy, gone: set[str] | None = None) -> bytes:
    """A record without people. Of what is not an object only a text stays, to be rejected."""
    key = privacy.pseudonym_key
    try:
        return strip(record, stream=stream, kept=privacy.kept, pseudonym_key=key, gone=gone)
    except RecordInvalid:
        return NO_OBJECT


def _has_people(stream: Stream) -> bool:
    personal = stream.personal
    named = personal.drop | personal.hash | personal.never
    return personal.known is not None or bool(named)


def _wait_for(chunk: Future[None] | None) -> None:
    if chunk is not None:
        chunk.result()

"""One stream of a connection: read, freed of people, and spooled as the batch of one run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from msgspec import Raw

from flows.columns import RECORD_BYTES, Columns, Origin, columns_of
from flows.connectors.reader import Reader, ReadFailed
from flows.connectors.records import RecordInvalid, strip
from flows.connectors.spec import Stream


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
) -> Extracted:
    """Read a stream into a folder as the Parquet files of a batch.

    :param since: bookmark (UTC); nothing reads everything
    :raises ReadFailed, ReadInterrupted: from the reader, or if a record is larger than we take;
        the folder then holds no batch
    """
    spool = folder / f"{name}.ndjson"
    records = bytes_read = 0
    with spool.open("wb", buffering=1024 * 1024) as lines:
        for page in reader.pages(name, since=since, incremental=since is not None):
            bytes_read += page.bytes
            records += len(page.records)
            lines.writelines(
                line(record, stream=stream, privacy=privacy) for record in page.records
            )
    columns = columns_of(spool=spool, stream=stream, origin=origin, time_zone=time_zone)
    spool.unlink()
    return Extracted(columns=columns, records=records, bytes_read=bytes_read)


def line(record: Raw, *, stream: Stream, privacy: Privacy) -> bytes:
    """A record as one line. Of what is not an object only a text stays, to be rejected.

    :raises ReadFailed: if it is larger than we take, so that nobody believes it has arrived
    """
    try:
        text = strip(record, stream=stream, kept=privacy.kept, pseudonym_key=privacy.pseudonym_key)
    except RecordInvalid:
        text = json.dumps("Not an object; kept out because it could hold personal data.").encode()
    if len(text) > RECORD_BYTES:
        raise ReadFailed(
            f"{stream.title}: one record is larger than {RECORD_BYTES // 1024**2} MB. Remove what"
            " makes it so large at the source, such as an embedded picture, then run this again."
        )
    # Line ends may only stand between the tokens of a JSON text, where a blank means the same.
    return text.replace(b"\n", b" ") + b"\n"

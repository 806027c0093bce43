"""One stream, from the source to raw: read, land in the lake, load with its account."""

from __future__ import annotations

import shutil
import time
from functools import cache, partial
from uuid import uuid4

from flows.columns import Columns, Origin, share_pools
from flows.connectors.bookmarks import Start
from flows.connectors.noting import start_of
from flows.deletes import Looked, beginning_of, look, sentence
from flows.extract import SMALL, Extracted, extract
from flows.report import StreamReport
from flows.session import Session, now
from flows.warehouse.warehouse import Batch, Known, Landed, Warehouse

# So many streams of a run are at work at a time: while one lands, the next one is read.
AT_ONCE = 2


def land(name: str, session: Session) -> StreamReport:
    """Read what is new of a stream and land it as one batch.

    :raises ReadFailed, ReadInterrupted: from the source; nothing has landed then
    :raises Fenced: if a later run of the connection has begun
    """
    clock = time.monotonic()
    job = session.job
    origin = Origin(
        tenant_id=job.tenant.code,
        connection_id=job.connection.code,
        batch_id=uuid4().hex,
        extracted_at=now(),
    )
    folder = session.stream_folder(name)
    start = starting_point(name, session)
    extracted = extract(
        reader=session.reader,
        name=name,
        stream=session.stream(name),
        start=start,
        privacy=session.privacy(name),
        origin=origin,
        time_zone=job.tenant.time_zone,
        folder=folder,
        as_columns=job.tenant.engine == "DUCKDB",
        held=job.connection.known_fields.get(name),
    )
    looked = look(name, session, extracted=extracted, start=start, origin=origin)
    batch = _batch(name, session, extracted, origin, looked)
    landed = _store(batch, session)
    # It is in the lake and in the warehouse; on this machine it would only take room.
    shutil.rmtree(folder)
    if batch.sweep is not None and batch.sweep.file is not None:
        shutil.rmtree(batch.sweep.file.parent)
    drift = extracted.columns.drift
    session.learned[name] = drift.learned
    said = (
        sentence(looked, landed, session.stream(name).deletes),
        drift.sentence(is_whole=start.is_beginning),
    )
    return StreamReport(
        stream=name,
        landed=landed,
        bytes_read=extracted.bytes_read + looked.bytes_read,
        seconds=time.monotonic() - clock,
        is_incremental=not start.is_beginning,
        message=" ".join(filter(None, said)),
        drift=drift.for_portal(is_whole=start.is_beginning),
    )


def starting_point(name: str, session: Session) -> Start:
    """Where this read begins: the bookmark, else the tenant's history limit, else the beginning.

    The limit is for what happened, such as sales. Articles and stock are needed however old.
    """
    connection = session.job.connection
    stream = session.stream(name)
    if not stream.is_incremental or name in connection.full_read_streams:
        return Start()
    bookmark = known(session).bookmark(name)
    return start_of(stream, bookmark, history=beginning_of(name, session))


def known(session: Session) -> Known:
    """Asked once: what a run lands of one stream, it asks no more."""
    if session.known is None:
        with session.warehouses.open(session.job.tenant) as warehouse:
            session.known = begin(session, warehouse)
    return session.known


def begin(session: Session, warehouse: Warehouse) -> Known:
    job = session.job
    return warehouse.begin(connection_id=job.connection.code, fence=job.fence)


def _batch(
    name: str, session: Session, extracted: Extracted, origin: Origin, looked: Looked
) -> Batch:
    job = session.job
    lake_key = (
        f"{job.tenant.code}/raw/{session.connector.name}/{name}/"
        f"{origin.extracted_at:%Y%m%dT%H%M%S%fZ}-{origin.connection_id[:8]}"
        f"-{origin.batch_id[:8]}.parquet"
    )
    return Batch(
        batch_id=origin.batch_id,
        tenant_id=origin.tenant_id,
        connection_id=origin.connection_id,
        connector=session.connector.name,
        stream=name,
        run_id=job.run,
        fence=job.fence,
        extracted_at=origin.extracted_at,
        records=extracted.records,
        bytes_read=extracted.bytes_read,
        lake_key=lake_key,
        file=extracted.columns.file,
        rejects=extracted.columns.rejects,
        typed=extracted.columns.typed,
        store=cache(partial(_put, extracted.columns, lake_key, session)),
        contents="" if looked.sweep else extracted.contents,
        sweep=looked.sweep,
        noted=extracted.noted,
    )


def _put(columns: Columns, key: str, session: Session) -> None:
    columns.make()
    session.lake.put(source=columns.file, key=key)


def _store(batch: Batch, session: Session) -> Landed:
    """First the lake, then the warehouse: a file without a ledger line counts as never read.

    Whether a small batch brings anything the warehouse finds out first; others have to wait then.
    """
    if (landed := unchanged(batch, session)) is not None:
        session.unchanged.append((batch, landed))
        return landed
    is_large = batch.records > SMALL
    if is_large:
        batch.store()
    with session.warehouses.open(session.job.tenant) as warehouse:
        landed = warehouse.land(batch, at=now())
    if is_large and not landed.brought_something:
        session.lake.delete(batch.lake_key)
    return landed


def unchanged(batch: Batch, session: Session) -> Landed | None:
    """The account of a batch that holds what the last one did; None if it may bring something."""
    held = known(session)
    before = held.bookmark(batch.stream)
    is_same = batch.contents != "" and held.contents.get(batch.stream) == batch.contents
    if not is_same or before.followed_by(batch.noted) != before:
        return None
    return Landed(batch.records, unchanged=batch.records, bookmark=before)


def write_down(session: Session) -> None:
    """Enter into the ledger, all at once, what was read and brought nothing."""
    if session.unchanged:
        with session.warehouses.open(session.job.tenant) as warehouse:
            warehouse.note_unchanged(session.unchanged, at=now())
        session.unchanged.clear()


def prepare(session: Session, *, tables: list[str]) -> None:
    """Make the process and the warehouse ready for a run, and hear what the warehouse knows."""
    share_pools()
    with session.warehouses.open(session.job.tenant) as warehouse:
        warehouse.prepare(tenant=session.job.tenant, tables=tables, at=now())
        session.known = begin(session, warehouse)

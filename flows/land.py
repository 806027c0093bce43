"""One stream, from the source to raw: read, land in the lake, load with its account."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from datetime import time as time_of_day
from uuid import uuid4

from flows.columns import Origin
from flows.extract import Extracted, extract
from flows.report import StreamReport
from flows.session import Session, now
from flows.warehouse.warehouse import Batch, Landed


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
    since = starting_point(name, session)
    extracted = extract(
        reader=session.reader,
        name=name,
        stream=session.stream(name),
        since=since,
        privacy=session.privacy(name),
        origin=origin,
        time_zone=job.tenant.time_zone,
        folder=folder,
        as_columns=job.tenant.engine == "DUCKDB",
    )
    batch = _batch(name, session, extracted, origin)
    landed = _store(batch, session)
    # It is in the lake and in the warehouse; on this machine it would only take room.
    shutil.rmtree(folder)
    return StreamReport(
        stream=name,
        landed=landed,
        bytes_read=extracted.bytes_read,
        seconds=time.monotonic() - clock,
        is_incremental=since is not None,
        message=extracted.columns.drift.sentence(is_whole=since is None),
    )


def starting_point(name: str, session: Session) -> datetime | None:
    """Where this read begins: the bookmark, else the tenant's history limit, else the beginning.

    The limit is for what happened, such as sales. Articles and stock are needed however old.
    """
    connection = session.job.connection
    stream = session.stream(name)
    if not stream.is_incremental or name in connection.full_read_streams:
        return None
    with session.warehouses.open(session.job.tenant) as warehouse:
        bookmark = warehouse.bookmark(connection_id=connection.code, stream=name)
    if bookmark is None and stream.has_history and connection.history_from is not None:
        local = datetime.combine(
            connection.history_from, time_of_day(), tzinfo=session.job.tenant.zone
        )
        return local.astimezone(UTC)
    return bookmark


def _batch(name: str, session: Session, extracted: Extracted, origin: Origin) -> Batch:
    job = session.job
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
        lake_key=(
            f"{job.tenant.code}/raw/{session.connector.name}/{name}/"
            f"{origin.extracted_at:%Y%m%dT%H%M%S%fZ}-{origin.connection_id[:8]}"
            f"-{origin.batch_id[:8]}.parquet"
        ),
        file=extracted.columns.file,
        rejects=extracted.columns.rejects,
        typed=extracted.columns.typed,
    )


def _store(batch: Batch, session: Session) -> Landed:
    """First the lake, then the warehouse: a file without a ledger line counts as never read."""
    session.lake.put(source=batch.file, key=batch.lake_key)
    with session.warehouses.open(session.job.tenant) as warehouse:
        landed = warehouse.land(batch, at=now())
    if not landed.brought_something:
        session.lake.delete(batch.lake_key)
    return landed

"""Finding out what a source no longer has: when a whole listing is read, and what is said of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from flows.columns import Origin
from flows.connectors.bookmarks import Start
from flows.connectors.deletes import Deletes
from flows.connectors.listings import listing_name, listing_of
from flows.connectors.reader import ReadFailed, ReadInterrupted, RunStopped
from flows.extract import Extracted, extract
from flows.session import Session
from flows.warehouse.deletes import Sweep
from flows.warehouse.warehouse import Landed


@dataclass(frozen=True)
class Looked:
    """What the warehouse is to compare, or why it cannot: `problem` is a sentence."""

    sweep: Sweep | None = None
    problem: str = ""
    bytes_read: int = 0


def look(
    name: str, session: Session, *, extracted: Extracted, start: Start, origin: Origin
) -> Looked:
    """What a stream lists, if anybody wants to know what is gone from it.

    A whole read is the listing itself. Beside what changed, one of its own is read now and then.

    :raises RunStopped: if no stream can be read any more
    """
    rule = session.stream(name).deletes
    if rule is None:
        return Looked()
    if start.is_beginning:
        return Looked(_sweep(name, session, rule, listed=extracted.records))
    if not _is_due(name, session, rule, at=origin.extracted_at):
        return Looked()
    try:
        return _listing(name, session, rule, origin)
    except RunStopped:
        raise
    except (ReadFailed, ReadInterrupted) as error:
        # What changed has been read, and lands; the next run looks again.
        return Looked(problem=f"What is gone from the source could not be found out: {error}")


def sentence(looked: Looked, landed: Landed, rule: Deletes | None) -> str:
    """What an operator should know of it; empty if there is nothing."""
    swept = landed.swept
    if swept is None or swept.is_done or looked.sweep is None or rule is None:
        return looked.problem
    held = f"Of {swept.held:,} records held {swept.missing:,} are missing at the source"
    if landed.rejected and looked.sweep.file is None:
        return (
            f"{held}; none was marked as deleted, since each could be one of the"
            f" {landed.rejected:,} rejected ones."
        )
    remedy = (
        "none was marked as deleted. If they are gone, let the deletes of this connection pass in"
        " the portal, and run it again."
    )
    if not looked.sweep.listed:
        return f"{held}, which lists nothing at all; {remedy}"
    return f"{held}, more than the {rule.blocked_above} % that may vanish at once; {remedy}"


def _is_due(name: str, session: Session, rule: Deletes, *, at: datetime) -> bool:
    """Also if the last listing was held back, and somebody has let it pass since."""
    sweep = session.job.connection.sweeps.get(name)
    if sweep is None or sweep.swept_at is None or sweep.allowed:
        return True
    return at - sweep.swept_at >= rule.pause


def _sweep(name: str, session: Session, rule: Deletes, *, listed: int) -> Sweep:
    known = session.job.connection.sweeps.get(name)
    return Sweep(
        listed=listed,
        blocked_above=rule.blocked_above,
        allowed=known.allowed if known else 0,
        beginning=beginning_of(name, session),
    )


def _listing(name: str, session: Session, rule: Deletes, origin: Origin) -> Looked:
    import pyarrow.parquet as pq

    listing = extract(
        reader=session.reader,
        name=listing_name(name),
        stream=listing_of(session.stream(name)),
        start=Start(),
        privacy=session.privacy(name),
        origin=origin,
        time_zone=session.job.tenant.time_zone,
        folder=session.stream_folder(listing_name(name)),
    )
    rejected = listing.records - pq.read_metadata(listing.columns.file).num_rows
    if rejected:
        shutil.rmtree(listing.columns.file.parent)
        return Looked(
            problem=f"What is gone from the source could not be found out: {rejected:,} of the"
            f" {listing.records:,} records that it lists cannot be read.",
            bytes_read=listing.bytes_read,
        )
    sweep = _sweep(name, session, rule, listed=listing.records)
    return Looked(replace(sweep, file=listing.columns.file), bytes_read=listing.bytes_read)


def beginning_of(name: str, session: Session) -> datetime | None:
    """The tenant's history limit (UTC), for streams of what happened."""
    connection = session.job.connection
    if not session.stream(name).has_history or connection.history_from is None:
        return None
    local = datetime.combine(connection.history_from, time(), tzinfo=session.job.tenant.zone)
    return local.astimezone(UTC)

"""What listings of streams said of deletes, and letting pass those that were held back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django_scopes import scopes_disabled

from portal.connections.models import Connection
from portal.lib.errors import Refused
from portal.runs.models import Run, StreamSweep


def note_sweep(*, run: Run, stream: str, held_back: int, at: datetime) -> StreamSweep:
    """Write down that a whole listing was compared. What was let pass before the run is used up.

    :param held_back: how many deletes were too many to be marked; 0 if all were
    """
    with transaction.atomic(), scopes_disabled():  # the run is named in the call
        sweep: StreamSweep
        sweep, _ = StreamSweep.objects.select_for_update().get_or_create(
            connection=run.connection, stream=stream, defaults={"swept_at": at}
        )
        began = run.started_at or run.requested_at
        # What somebody let pass meanwhile, this run did not know of: it is for the next one.
        is_for_next = sweep.allowed_at is not None and sweep.allowed_at > began
        sweep.swept_at, sweep.held_back = at, held_back
        sweep.allowed = min(sweep.allowed, held_back) if is_for_next else 0
        sweep.save()
    return sweep


def let_deletes_pass(*, connection: Connection, seen: Mapping[str, int], at: datetime) -> int:
    """Let the next run mark as deleted what was held back, and so many more as a run may anyway.

    :param seen: of each stream that is meant, how many were held back when somebody looked
    :raises Refused: if none are held back of them, or by now more of a stream than were seen
    """
    with transaction.atomic(), scopes_disabled():  # the connection is named in the call
        held = [sweep for sweep in _held(connection, seen) if sweep.held_back]
        if not held:
            raise Refused(f"No deletes of {connection} are held back in these streams.")
        for sweep in held:
            _check_seen(sweep, seen[sweep.stream])
            sweep.allowed, sweep.allowed_at = sweep.held_back, at
        StreamSweep.objects.bulk_update(held, ["allowed", "allowed_at"])
    return sum(sweep.held_back for sweep in held)


def _held(connection: Connection, streams: Iterable[str]) -> list[StreamSweep]:
    """The sweeps of these streams, which no run writes before the end of the transaction.

    :raises Refused: if a stream has none
    """
    sweeps = StreamSweep.objects.select_for_update().filter(connection=connection)
    found = {sweep.stream: sweep for sweep in sweeps.order_by("stream")}
    if unknown := [stream for stream in streams if stream not in found]:
        raise Refused(
            f"No listing of {connection} was compared for a stream {unknown[0]}. Leave it out.",
            field="held_back",
        )
    return [found[stream] for stream in streams]


def _check_seen(sweep: StreamSweep, seen: int) -> None:
    if sweep.held_back > seen:
        raise Refused(
            f"By now {sweep.held_back:,} deletes of {sweep.stream} are held back, and you saw"
            f" {seen:,}. Look at the source again before you let them pass."
        )


def sweeps_of(connection: Connection) -> QuerySet[StreamSweep]:
    """Those of one connection, by stream."""
    with scopes_disabled():  # the connection is named in the call
        found: QuerySet[StreamSweep] = StreamSweep.objects.filter(connection=connection)
        return found.order_by("stream")


def waiting_deletes(connection: Connection) -> dict[str, int]:
    """By stream, how many are held back and not let pass yet."""
    sweeps = sweeps_of(connection)
    return {each.stream: each.held_back for each in sweeps if each.held_back > each.allowed}


def held_back_sentence(waiting: Mapping[str, int]) -> str:
    """For whoever may let them pass; empty if nothing waits for it."""
    if not waiting:
        return ""
    told = ", ".join(f"{count:,} of {stream}" for stream, count in waiting.items())
    return (
        f"More records have vanished from the source than is likely: {told}. They are not marked"
        " as deleted. If they are really gone, let the deletes pass and run it again."
    )

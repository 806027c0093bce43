"""What listings of streams said of deletes, and letting pass those that were held back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
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


def let_deletes_pass(*, connection: Connection, at: datetime) -> int:
    """Let the next run mark as deleted what was held back, and so many more as a run may anyway.

    :raises Refused: if nothing is held back
    """
    with transaction.atomic(), scopes_disabled():  # the connection is named in the call
        held = StreamSweep.objects.filter(connection=connection, held_back__gt=0)
        held.update(allowed=F("held_back"), allowed_at=at)
        found = sum(held.values_list("held_back", flat=True))
    if not found:
        raise Refused(f"No deletes of {connection} are held back.")
    return int(found)


def sweeps_of(connection: Connection) -> QuerySet[StreamSweep]:
    """Those of one connection, by stream."""
    with scopes_disabled():  # the connection is named in the call
        found: QuerySet[StreamSweep] = StreamSweep.objects.filter(connection=connection)
        return found.order_by("stream")


def held_back_sentence(connection: Connection) -> str:
    """For whoever may let them pass; empty if nothing is held back, or it is let pass already."""
    waiting = [each for each in sweeps_of(connection) if each.held_back > each.allowed]
    if not waiting:
        return ""
    told = ", ".join(f"{each.held_back:,} of {each.stream}" for each in waiting)
    return (
        f"More records have vanished from the source than is likely: {told}. They are not marked"
        " as deleted. If they are really gone, let the deletes pass and run it again."
    )

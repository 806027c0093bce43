"""Writing down what runs see of the fields of their streams, and what people say to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django_scopes import scopes_disabled

from portal.alerts.models import Alert
from portal.alerts.services import raise_notice
from portal.connections.models import Connection
from portal.connections.services import hold_connection
from portal.drift.models import MOST_FIELDS, MOST_RECORDS, DriftEvent, StreamField
from portal.drift.wording import notice_of
from portal.lib.errors import Refused
from portal.runs.models import Run

Kind = DriftEvent.Kind
POLICIES = {"evolve": Kind.APPEARED, "freeze": Kind.FROZEN, "quarantine": Kind.QUARANTINED}


@dataclass(frozen=True)
class Drift:
    """What one run saw of one stream; `flows.columns.drift` has the same words."""

    policy: str
    appeared: Mapping[str, int] = field(default_factory=dict)
    learned: Sequence[str] = ()
    vanished: Sequence[str] = ()
    returned: Sequence[str] = ()
    is_flooded: bool = False


def note_drift(*, run: Run, stream: str, drift: Drift, at: datetime) -> list[DriftEvent]:
    """Write it down; gives the events that are new. Saying it again changes nothing.

    Under `evolve` a new field is known from now on; else it is once somebody has taken it in.
    """
    with transaction.atomic(), scopes_disabled():  # the run is named in the call
        connection = hold_connection(run.connection)  # who counts the room there is, is alone
        taken = [*drift.learned, *(drift.appeared if drift.policy == "evolve" else ())]
        has_room = _add_fields(connection, stream, taken, run=run, at=at)
        _mark(connection, stream, drift.returned, is_there=True)
        _mark(connection, stream, drift.vanished, is_there=False)
        # One that the connector names, and no batch ever had, is told of once as well.
        _add_fields(connection, stream, drift.vanished, run=run, at=at, is_there=False)
        kind: str = POLICIES[drift.policy]
        seen = {(kind, name): count for name, count in drift.appeared.items()}
        seen |= {(str(Kind.VANISHED), name): 0 for name in drift.vanished}
        new = _note_events(run, stream, seen, at=at)
        if drift.is_flooded or not has_room:
            new += _note_events(run, stream, {(Kind.FLOODED, ""): 0}, at=at)
    if new and connection.alerts_of_drift:
        subject, text = notice_of(new, connection=run.connection, stream=stream)
        raise_notice(
            kind=Alert.Kind.DRIFT,
            about=f"drift {run.code} {stream}",
            subject=subject,
            text=text,
            at=at,
            tenant=run.tenant,
        )
    return new


def acknowledge(*, events: Iterable[DriftEvent], who: str, at: datetime) -> int:
    """Say that somebody has seen them; gives how many were not acknowledged before."""
    with scopes_disabled():  # the events are named in the call
        waiting = DriftEvent.objects.filter(
            pk__in=[event.pk for event in events], acknowledged_at=None
        )
        return waiting.update(acknowledged_at=at, acknowledged_by=who)


def take_in(*, event: DriftEvent, who: str, at: datetime) -> None:
    """From the next run on, a field that was kept out is known.

    :raises Refused: if nothing keeps it out, or the stream has as many fields as there is room for
    """
    if event.kind not in DriftEvent.KEPT_OUT:
        raise Refused(f"{event.stream}.{event.field} is not kept out. Acknowledge it instead.")
    with transaction.atomic(), scopes_disabled():  # the event is named in the call
        connection = hold_connection(event.connection)
        named = [event.field]
        if not _add_fields(connection, event.stream, named, run=event.last_run, at=at):
            raise Refused(
                f"{event.stream} is known to have {MOST_FIELDS} fields, and no more are kept."
                " Name those that matter in its connector's fields."
            )
        acknowledge(events=[event], who=who, at=at)


def _add_fields(
    connection: Connection,
    stream: str,
    names: Iterable[str],
    *,
    run: Run | None,
    at: datetime,
    is_there: bool = True,
) -> bool:
    """Whether there was room for all of them."""
    found = StreamField.objects.filter(connection=connection, stream=stream)
    held = set(found.values_list("name", flat=True))
    new = [name for name in dict.fromkeys(names) if name not in held]
    room = MOST_FIELDS - len(held)
    StreamField.objects.bulk_create(
        StreamField(
            connection=connection,
            stream=stream,
            name=name,
            is_there=is_there,
            first_run=run,
            first_seen_at=at,
        )
        for name in new[:room]
    )
    return len(new) <= room


def _mark(connection: Connection, stream: str, names: Sequence[str], *, is_there: bool) -> None:
    if names:
        found = StreamField.objects.filter(connection=connection, stream=stream, name__in=names)
        found.update(is_there=is_there)


def _note_events(
    run: Run, stream: str, seen: Mapping[tuple[str, str], int], *, at: datetime
) -> list[DriftEvent]:
    """Gives the new ones. Of the others it is noted when they are seen, and in how many records."""
    if not seen:
        return []
    found = DriftEvent.objects.filter(connection=run.connection, stream=stream)
    held = {(event.kind, event.field): event for event in found}
    again = [held[key] for key in seen if key in held]
    for event in again:
        if event.last_run_id != run.pk:  # else it is the same report once more
            event.records = min(event.records + seen[event.kind, event.field], MOST_RECORDS)
        event.last_run, event.last_seen_at = run, at
    DriftEvent.objects.bulk_update(again, ["records", "last_run", "last_seen_at"])
    room = 2 * MOST_FIELDS - len(held)
    new = [
        DriftEvent(
            connection=run.connection,
            stream=stream,
            field=name,
            kind=kind,
            records=count,
            run=run,
            last_run=run,
            first_seen_at=at,
            last_seen_at=at,
        )
        for (kind, name), count in seen.items()
        if (kind, name) not in held
    ]
    # That there is no end to them is said however many there are.
    return DriftEvent.objects.bulk_create(
        event for place, event in enumerate(new) if place < room or event.kind == Kind.FLOODED
    )

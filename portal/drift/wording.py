"""What people are told of drift."""

from __future__ import annotations

from collections.abc import Sequence

from portal.connections.models import Connection
from portal.drift.models import MOST_FIELDS, DriftEvent

Kind = DriftEvent.Kind
# So many names stand in a message.
MOST_TOLD = 20
SENTENCES = {
    Kind.APPEARED: "New fields, which are in the data from now on: {names}.",
    Kind.VANISHED: "No record of a whole read has these fields any more: {names}.",
    Kind.FROZEN: "New fields, which reach no table because the stream is frozen: {names}.",
    Kind.QUARANTINED: "Records are rejected because they have new fields: {names}.",
    Kind.FLOODED: f"It has more than {MOST_FIELDS} names of fields; no more of them are noted.",
}


def notice_of(
    events: Sequence[DriftEvent], *, connection: Connection, stream: str
) -> tuple[str, str]:
    """Subject and text; the subject has ASCII characters only."""
    subject = f"{connection}: the fields of {stream} have changed"
    by_kind = {kind: [each.field for each in events if each.kind == kind] for kind in SENTENCES}
    told = [
        SENTENCES[kind].format(names=_listed(names)) for kind, names in by_kind.items() if names
    ]
    ending = "Acknowledge it in the portal under Drift"
    if by_kind[Kind.FROZEN] or by_kind[Kind.QUARANTINED]:
        ending += ", or take the fields in there"
    return subject, "\n".join([f"{connection}, {stream}", *told, f"{ending}."])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_TOLD} more" if len(names) > MOST_TOLD else ""
    return ", ".join(map(_on_one_line, names[:MOST_TOLD])) + more


def _on_one_line(name: str) -> str:
    """A source writes the names: none is to look like a line of ours."""
    return "".join(each if each.isprintable() else " " for each in name)

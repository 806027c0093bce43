"""What one run read, and what several runs have landed: by key, the newest of each record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from flows.connectors.deletes import Deletes, may_be_marked
from flows.connectors.kit.folder import Record
from flows.connectors.kit.http import Asked
from flows.connectors.kit.moments import Moments
from flows.connectors.kit.paths import value_at
from flows.connectors.kit.source import Heard
from flows.connectors.kit.wishes import Point
from flows.connectors.kit.world import Made, counter_of, key_of

Key = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Entry:
    record: Record
    changed: datetime | None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One run. `error` is what ended it early; then nothing of it lands."""

    pages: list[list[bytes]]
    error: Exception | None = None
    waited: float = 0.0
    heard: Sequence[Heard] = field(repr=False, default=())

    @property
    def records(self) -> list[bytes]:
        return [record for page in self.pages for record in page]

    @property
    def asked(self) -> list[Asked]:
        return [each.asked for each in self.heard]


class Landed:
    """The state that a stream is in after its runs."""

    def __init__(self, spec: Mapping[str, Any], moments: Moments | None) -> None:
        self._spec = spec
        self._moments = moments
        self.entries: dict[Key, Entry] = {}

    def land(self, reading: Reading) -> None:
        """Take all of a run that came to its end, and nothing of another."""
        if reading.error is None:
            self.take(reading.pages)

    def take(self, pages: Sequence[Sequence[bytes]]) -> None:
        for page in pages:
            for text in page:
                self._put(msgspec.json.decode(text))

    def sweep(self, listing: Reading, rule: Deletes) -> bool:
        """Forget what a whole listing does not name; nothing if that is not plausible."""
        if listing.error is not None:
            return False
        listed = {key_of(msgspec.json.decode(text), self._spec, {}) for text in listing.records}
        missing = self.entries.keys() - listed
        is_plausible = may_be_marked(
            held=len(self.entries),
            missing=len(missing),
            listed=len(listed),
            blocked_above=rule.blocked_above,
        )
        for key in missing if is_plausible else ():
            del self.entries[key]
        return is_plausible

    @property
    def bookmark(self) -> datetime | None:
        """The newest change seen."""
        return max((each.changed for each in self.entries.values() if each.changed), default=None)

    @property
    def content(self) -> dict[Key, Record]:
        return {key: entry.record for key, entry in self.entries.items()}

    def changed_of(self, record: Record) -> datetime | None:
        take = (self._spec.get("changed") or {}).get("take")
        return self._moments.read(value_at(record, take)) if self._moments else None

    def point_of(self, record: Record) -> Point | None:
        """Where it stands among the changes: by number, where the source counts them."""
        counter = counter_of(self._spec)
        if counter is None:
            return self.changed_of(record)
        number = value_at(record, counter)
        return None if number is None else int(number)

    def _put(self, record: Record) -> None:
        key, changed = key_of(record, self._spec, {}), self.changed_of(record)
        held = self.entries.get(key)
        if held is None or not changed or not held.changed or changed >= held.changed:
            self.entries[key] = Entry(record=record, changed=changed)


def truth(made: Sequence[Made]) -> dict[Key, Record]:
    return {each.key: each.whole for each in made}

"""What a simulated source knows: the samples of a folder, multiplied until lists have pages.

Everything follows from the samples and the names of the streams, so two worlds are the same.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from flows.connectors.kit.folder import Folder, Record
from flows.connectors.kit.moments import Moments, moments_of
from flows.connectors.kit.paths import Path, put, value_at
from flows.connectors.kit.people import mark_people

FIRST_CHANGE = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
BETWEEN_CHANGES = timedelta(days=29, hours=5, minutes=7)
# So many records in a row share their moment of change, across the ends of pages.
SHARING = 3
# Numbers of changes leave gaps: a source counts what it does not show, too.
FIRST_COUNT = 99_990
BETWEEN_COUNTS = 4
PAGE = 7
# What the reader adds to a record of a file.
OF_FILES = ("_file", "_row", "_modified_at")
_UUID = re.compile(r"([0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3})([0-9a-fA-F]{12})")


@dataclass(frozen=True, kw_only=True)
class Made:
    """A record as the source sends it. `added` is what the reader adds of the parent.

    `count` is the number of its change, where the source counts them.
    """

    record: Record
    key: tuple[Any, ...]
    changed: datetime | None
    parents: Mapping[str, Record]
    added: Record
    count: int | None = None

    @property
    def whole(self) -> Record:
        return {**self.record, **self.added}


class World:
    """:param time_zone: of the tenant, for sources that write local time"""

    def __init__(self, folder: Folder, *, time_zone: tzinfo) -> None:
        self._folder = folder
        self._time_zone = time_zone
        self._made: dict[str, list[Made]] = {}

    def made(self, stream: str) -> list[Made]:
        """The records in the source's order: by their change, those without one first."""
        if stream not in self._made:
            self._made[stream] = sorted(self._make(stream), key=_order)
        return self._made[stream]

    @contextmanager
    def without(self, stream: str, keys: Collection[tuple[Any, ...]]) -> Iterator[None]:
        """The source has deleted these records, for a while."""
        whole = self.made(stream)
        self._made[stream] = [each for each in whole if each.key not in keys]
        try:
            yield
        finally:
            self._made[stream] = whole

    def moments(self, stream: str) -> Moments | None:
        return moments_of(self._folder.stream(stream).get("changed"), time_zone=self._time_zone)

    def parents(self, stream: str) -> list[Mapping[str, Record]]:
        """What a stream is asked for once each: its parents, with theirs; once if it has none."""
        parent = self._folder.stream(stream).get("each")
        if parent is None:
            return [{}]
        return [{**made.parents, parent: made.whole} for made in self.made(parent)]

    def _make(self, stream: str) -> Iterator[Made]:
        spec, samples = self._folder.stream(stream), self._folder.samples[stream]
        moments, take = self.moments(stream), (spec.get("changed") or {}).get("take")
        names = source_names(spec)
        parents = self.parents(stream)
        seen = set()
        number, wanted = 0, _wanted(spec, stream, parents=len(parents))
        for turn in range(wanted * 4):
            if number == wanted or not samples or not parents:
                return
            record = copy.deepcopy(samples[turn % len(samples)])
            place = turn // len(samples)
            parent = parents[number if _is_single(spec) else _parent_of(number, len(parents))]
            added = {
                name: value_at(parent[spec["each"]], path)
                for name, path in (spec.get("with") or {}).items()
            }
            self._tell_apart(record, spec, names, place, added)
            mark_people(record, spec)
            changed = FIRST_CHANGE + (number // SHARING) * BETWEEN_CHANGES
            changed_at = None
            if moments and take in added:
                changed_at = moments.read(added[take])
            elif moments and take:
                at = names.get(str(take), take)
                if value_at(record, at) not in (None, ""):
                    put(record, at, moments.write(changed, like=value_at(record, at)))
                changed_at = moments.read(value_at(record, at))
            count = _counted(record, counter_of(spec), number)
            key = key_of({**record, **added}, spec, names)
            if repr(key) not in seen:
                seen.add(repr(key))
                number += 1
                yield Made(
                    record=record,
                    key=key,
                    changed=changed_at,
                    parents=parent,
                    added=added,
                    count=count,
                )

    def _tell_apart(
        self,
        record: Record,
        spec: Mapping[str, Any],
        names: Mapping[str, str],
        place: int,
        added: Record,
    ) -> None:
        paths = key_paths(spec) or [_some_field(record)]
        for path in paths:
            at = names.get(path, path) if isinstance(path, str) else path
            if isinstance(at, str) and at in added:
                continue
            if place and (value := value_at(record, at)) is not None:
                put(record, at, _another(value, place))


def counter_of(spec: Mapping[str, Any]) -> Path | None:
    """Where the number of a change is, in a stream that is read by it."""
    load = spec["load"]
    return load.get("counter") if isinstance(load, dict) else None


def _counted(record: Record, counter: Path | None, number: int) -> int | None:
    if counter is None:
        return None
    count = FIRST_COUNT + number * BETWEEN_COUNTS
    put(record, counter, str(count) if isinstance(value_at(record, counter), str) else count)
    return count


def key_paths(spec: Mapping[str, Any]) -> list[Path]:
    """Where the parts of a key are; none where the content is the key, or a place in a file."""
    if spec["key"] == "content":
        return []
    return [path for path in spec["key"] if path not in OF_FILES]


def source_names(spec: Mapping[str, Any]) -> dict[str, str]:
    """The source's own name of each field that the reader renames."""
    records = spec.get("records")
    columns = records.get("columns") if isinstance(records, dict) else None
    return {field: name for name, field in columns.items()} if isinstance(columns, dict) else {}


def key_of(record: Record, spec: Mapping[str, Any], names: Mapping[str, str]) -> tuple[Any, ...]:
    """The key as texts, as numbers and texts are one in files; the whole record where it is it."""
    paths = key_paths(spec)
    if not paths:
        own = {name: value for name, value in record.items() if name not in OF_FILES}
        return (repr(sorted(own.items(), key=str)),)
    return tuple(
        str(value_at(record, names.get(path, path) if isinstance(path, str) else path))
        for path in paths
    )


def _is_single(spec: Mapping[str, Any]) -> bool:
    records = spec.get("records")
    return isinstance(records, dict) and records.get("as") == "single"


def _wanted(spec: Mapping[str, Any], stream: str, *, parents: int) -> int:
    """How many records: some lists end with a full page, others with a few. A single record is one
    for each of its parents.
    """
    if _is_single(spec):
        return parents
    return 3 * PAGE + sum(map(ord, stream)) % 5


def _parent_of(number: int, parents: int) -> int:
    """The first parent has more than a page, the second has none, the others have a few."""
    if number < PAGE + 2 or parents < 3:
        return 0
    return 2 + number % (parents - 2)


def _some_field(record: Record) -> str:
    return next(
        (
            name
            for name, value in record.items()
            if isinstance(value, str | int | float) and not isinstance(value, bool)
        ),
        next(iter(record), "id"),
    )


def _another(value: Any, place: int) -> Any:
    """A value of the same kind that no sample has."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    if isinstance(value, int | float):
        return value + place * 100_003
    if found := _UUID.fullmatch(value):
        return f"{found[1]}{(int(found[2], 16) + place * 100_003) % 16**12:012x}"
    if found := re.search(r"\d+(?=\D*$)", value):
        digits = f"{int(found[0]) + place * 1_009:0{len(found[0])}d}"
        return value[: found.start()] + digits + value[found.end() :]
    return f"{value}-{place}"


def _order(made: Made) -> tuple[Any, ...]:
    if made.count is not None:
        return (made.count,)
    return (made.changed is not None, made.changed or FIRST_CHANGE)

"""Checks of what a connector reads when nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from flows.connectors.kit.bench import Bench
from flows.connectors.kit.findings import NotApplicable
from flows.connectors.kit.moments import duration
from flows.connectors.kit.people import PERSON, still_there
from flows.connectors.kit.reading import Key, Reading, truth
from flows.connectors.kit.shapes import shape_of
from flows.connectors.kit.wishes import Point
from flows.connectors.kit.world import counter_of
from flows.connectors.records import strip

FUTURE = datetime(2200, 1, 1, tzinfo=UTC)
_FUTURE_COUNT = 10**15
_KEY = b"a key of the kit, which is known to all"
# What is written to the second, or to the day, was cut before it was sent.
_CUT_SECONDS = 1.0
_CUT_DAY = 86400.0
_MOST_BOOKMARKS = 4


def is_read_whole(bench: Bench, stream: str) -> Iterator[str]:
    _needs_samples(bench, stream)
    reading, spec = bench.whole(stream), bench.folder.stream(stream)
    if reading.error is not None:
        yield f"{_at(bench, stream)} cannot be read: {reading.error}{_refusals(bench)}"
        return
    landed, expected = bench.landed(stream), truth(bench.world.made(stream))
    landed.land(reading)
    if problem := differences(landed.content, expected, is_typed=_keeps_types(bench, spec)):
        yield f"{_at(bench, stream)}: {problem} Check pages and records."
    style = (spec.get("pages") or {}).get("by", "none")
    pages = len([page for page in reading.pages if page])
    if style != "none" and len(expected) > 1 and pages < 2:
        yield (
            f"{_at(bench, stream)} was read as {pages} page, though the source hands out"
            f" {len(expected)} records in several. Check pages."
        )


def is_read_twice_alike(bench: Bench, stream: str) -> Iterator[str]:
    first = _whole(bench, stream)
    again = bench.read(stream)
    if again.error is not None:
        yield f"{_at(bench, stream)} cannot be read a second time: {again.error}"
    elif sorted(first.records) != sorted(again.records):
        yield f"{_at(bench, stream)}: Two reads of the same records differ. Check params and pages."


def goes_on_from_any_bookmark(bench: Bench, stream: str) -> Iterator[str]:
    """Whatever was read up to a bookmark, and one record of those at it: the next run has the rest.

    Several records share a moment, so a bookmark that is not asked for again loses some of them.
    """
    whole, spec = _whole(bench, stream), bench.folder.stream(stream)
    load = _changes(bench, stream)
    expected = truth(bench.world.made(stream))
    records = bench.landed(stream)
    texts = {text: records.point_of(msgspec.json.decode(text)) for text in whole.records}
    for since in _bookmarks([point for point in texts.values() if point is not None]):
        later = bench.read(stream, since=since)
        if later.error is not None:
            yield (
                f"{_at(bench, stream)} cannot be read from a bookmark: {later.error}"
                f"{_refusals(bench)}"
            )
            return
        for text in later.records:
            point = records.point_of(msgspec.json.decode(text))
            if point is not None and _is_too_old(point, since, load):
                yield (
                    f"{_at(bench, stream)}: From the bookmark {_shown(since)} a record of"
                    f" {_shown(point)} was read, older than the overlap. Check load."
                )
                break
        before = [text for text, point in texts.items() if point is None or _is_less(point, since)]
        at_it = [text for text, point in texts.items() if point == since]
        both = bench.landed(stream)
        both.take([before, at_it[:1]])
        both.land(later)
        if problem := differences(both.content, expected, is_typed=_keeps_types(bench, spec)):
            yield (
                f"{_at(bench, stream)}: After a run up to {_shown(since)} and another from that"
                f" bookmark, {problem} Check load and changed."
            )


def _is_too_old(point: Point, since: Point, load: Mapping[str, Any]) -> bool:
    if isinstance(point, int) or isinstance(since, int):
        return _is_less(point, since)
    slack = _CUT_DAY if _knows_days_only(load) else _CUT_SECONDS
    return (since - duration(load.get("overlap")) - point).total_seconds() > slack


def _is_less(one: Point, other: Point) -> bool:
    """Of two points of one stream, which are alike."""
    if isinstance(one, int) or isinstance(other, int):
        return isinstance(one, int) and isinstance(other, int) and one < other
    return one < other


def _shown(point: Point) -> str:
    return str(point) if isinstance(point, int) else f"{point:%Y-%m-%dT%H:%M:%SZ}"


def _bookmarks(points: list[Any]) -> list[Point]:
    """A few of the points, the first and the last among them."""
    distinct = sorted(set(points))
    step = max(1, (len(distinct) - 1) // (_MOST_BOOKMARKS - 1)) if distinct else 1
    return sorted({*distinct[::step], *distinct[-1:]})


def reads_nothing_from_the_future(bench: Bench, stream: str) -> Iterator[str]:
    _needs_samples(bench, stream)
    _changes(bench, stream)
    counts = counter_of(bench.folder.stream(stream)) is not None
    since, future = (_FUTURE_COUNT, _FUTURE_COUNT) if counts else (FUTURE, "the year 2200")
    reading = bench.read(stream, since=since)
    found = reading.records
    if reading.error is not None:
        yield f"{_at(bench, stream)} cannot be read from {future}: {reading.error}"
    elif found:
        yield (
            f"{_at(bench, stream)}: {len(found)} records were read that changed since {future}."
            " Check load."
        )


def leaves_people_out(bench: Bench, stream: str) -> Iterator[str]:
    spec = bench.connector.streams[stream]
    marked = spec.personal.drop | spec.personal.hash | spec.personal.never
    if not marked and spec.personal.known is None:
        raise NotApplicable("It marks no field as personal.")
    for text in _whole(bench, stream).records:
        left = strip(text, stream=spec, kept=frozenset(), pseudonym_key=_KEY)
        gone = spec.personal.drop | spec.personal.never
        if found := still_there(msgspec.json.decode(left), gone):
            yield f"{_at(bench, stream)}: {', '.join(found)} land, though they are personal."
            return
        if PERSON.encode() in left:
            yield (
                f"{_at(bench, stream)}: What is personal is repeated in another field. Add that"
                " field to personal."
            )
            return


def differences(found: Mapping[Key, Any], expected: Mapping[Key, Any], *, is_typed: bool) -> str:
    """In words, without a record's content; nothing where they are the same.

    :param is_typed: whether values keep their types, so that records can be compared, too
    """
    missing = [key for key in expected if key not in found]
    unknown = [key for key in found if key not in expected]
    changed = [key for key in expected if is_typed and key in found and found[key] != expected[key]]
    told = [
        f"{len(keys)} of {len(expected)} records {what}"
        for keys, what in (
            (missing, "are missing"),
            (unknown, "are none of the source's"),
            (changed, "are not as sent"),
        )
        if keys
    ]
    return " and ".join(told) + "." if told else ""


def _changes(bench: Bench, stream: str) -> Mapping[str, Any]:
    load = bench.folder.stream(stream)["load"]
    if not isinstance(load, dict) or load["by"] == "full":
        raise NotApplicable("It is read in full each time.")
    found: Mapping[str, Any] = load
    return found


def _whole(bench: Bench, stream: str) -> Reading:
    _needs_samples(bench, stream)
    reading = bench.whole(stream)
    if reading.error is not None:
        raise NotApplicable("It cannot be read at all.")
    return reading


def _needs_samples(bench: Bench, stream: str) -> None:
    if not bench.world.made(stream):
        raise NotApplicable("There are no samples.")


def _keeps_types(bench: Bench, spec: Mapping[str, Any]) -> bool:
    return not bench.has_files and shape_of(spec)["as"] not in ("csv", "xlsx", "parquet")


def _knows_days_only(load: Mapping[str, Any]) -> bool:
    form = str(load.get("format") or "")
    return "%" in form and "%H" not in form


def _refusals(bench: Bench) -> str:
    """What the simulated source had against a request; it is the folder that contradicts itself."""
    reasons = bench.source.refusals
    return f" (The simulated source said: {reasons[-1]}.)" if reasons else ""


def _at(bench: Bench, stream: str) -> str:
    return f"{bench.folder.path / 'connector.yaml'}: streams.{stream}"

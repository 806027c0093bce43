"""Checks of a stream that finds out what its source no longer has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flows.connectors.deletes import Deletes
from flows.connectors.kit.bench import Bench
from flows.connectors.kit.faults import LASTING
from flows.connectors.kit.findings import NotApplicable
from flows.connectors.kit.reading import Landed
from flows.connectors.kit.shapes import is_json
from flows.connectors.listings import listing_name

# With fewer, one that vanishes is more than may vanish at once.
_ENOUGH = 5


def marks_what_is_gone(bench: Bench, stream: str) -> Iterator[str]:
    """After a whole listing those are gone that the source has deleted, and no other."""
    rule, landed = _rule(bench, stream), _landed(bench, stream)
    keys = sorted(landed.entries, key=repr)
    gone = keys[1 : 1 + len(keys) * rule.blocked_above // 100]
    if not gone:
        raise NotApplicable("None may vanish at once.")
    with bench.world.without(stream, gone):
        listing = bench.read(_listing(bench, stream))
    landed.sweep(listing, rule)
    if listing.error is not None:
        yield f"{_at(bench, stream)}: The listing cannot be read: {listing.error}"
    elif found := landed.entries.keys() & set(gone):
        yield f"{_at(bench, stream)}: {len(found)} records are gone and still listed."
    elif lost := len(keys) - len(gone) - len(landed.entries):
        yield f"{_at(bench, stream)}: {lost} records are there and not listed."


def marks_nothing_after_half_a_listing(bench: Bench, stream: str) -> Iterator[str]:
    """Whatever a listing had named before it broke off, nothing is gone by it."""
    rule, landed = _rule(bench, stream), _landed(bench, stream)
    before = landed.content
    requests = sum(1 for each in bench.read(_listing(bench, stream)).heard if each.number)
    knows_json = is_json(bench.folder.stream(stream))
    for fault in (each for each in LASTING if knows_json or not each.only_json):
        listing = bench.read(_listing(bench, stream), fault=replace(fault, at=requests))
        landed.sweep(listing, rule)
        if listing.error is None:
            yield f"{_at(bench, stream)}: With {fault.name}, a part passes for the whole."
        elif landed.content != before:
            yield f"{_at(bench, stream)}: With {fault.name}, records are marked as deleted."


def holds_back_what_is_not_plausible(bench: Bench, stream: str) -> Iterator[str]:
    """A source that lists nothing any more has most likely not deleted everything."""
    rule, landed = _rule(bench, stream), _landed(bench, stream)
    before = landed.content
    with bench.world.without(stream, list(landed.entries)):
        listing = bench.read(_listing(bench, stream))
    landed.sweep(listing, rule)
    if landed.content != before:
        yield f"{_at(bench, stream)}: All records vanish at once, and are marked as deleted."


def _rule(bench: Bench, stream: str) -> Deletes:
    rule = bench.connector.streams[stream].deletes
    if rule is None:
        raise NotApplicable("It does not look for what is gone.")
    if bench.has_files:
        raise NotApplicable("It reads files.")
    return rule


def _landed(bench: Bench, stream: str) -> Landed:
    landed, whole = bench.landed(stream), bench.whole(stream)
    if whole.error is not None:
        raise NotApplicable("It cannot be read at all.")
    landed.land(whole)
    if len(landed.entries) < _ENOUGH:
        raise NotApplicable("There are no samples.")
    return landed


def _listing(bench: Bench, stream: str) -> str:
    """What is read to find it out."""
    is_incremental = bench.connector.streams[stream].is_incremental
    return listing_name(stream) if is_incremental else stream


def _at(bench: Bench, stream: str) -> str:
    return f"{bench.folder.path / 'connector.yaml'}: streams.{stream}.deletes"

"""The samples of connectors as they land: each record as its vendor's documents show it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import msgspec

from flows.connectors.catalog import connector, connectors
from flows.connectors.json_path import raw_at, text_at
from flows.connectors.streams import Stream
from tests.transforms.builds import ALICE, ROOT, Builds, Record, Row

FOLDERS = ROOT / "flows" / "connectors"


def sampled() -> list[str]:
    """The connectors that have samples and models."""
    modelled = {folder.name for folder in (ROOT / "transforms/models/staging").iterdir()}
    return sorted(
        name for name in connectors() if name in modelled and (FOLDERS / name / "samples").is_dir()
    )


def samples_of(name: str, stream: str) -> list[Record]:
    """As they land: with the fields of a parent's sample, where the stream has a parent."""
    records = _written(name, stream)
    known = connector(name).streams[stream]
    if known.each and known.with_:
        parent = _raw(samples_of(name, known.each)[0])
        taken = {field: raw_at(parent, path) for field, path in known.with_.items()}
        more = {field: json.loads(bytes(value)) for field, value in taken.items() if value}
        records = [{**record, **more} for record in records]
    return records


def _written(name: str, stream: str) -> list[Record]:
    records: list[Record] = json.loads((FOLDERS / name / "samples" / f"{stream}.json").read_text())
    return records


def _raw(record: Record) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(record, separators=(",", ":")).encode())


def records_of(name: str) -> dict[str, set[str]]:
    """The keys of the samples of every stream."""
    at = datetime(2025, 4, 1)  # noqa: DTZ001 - as raw has it
    return {
        stream: {row_of(one, known, ("", at))[3] for one in samples_of(name, stream)}
        for stream, known in connector(name).streams.items()
    }


def land_samples(name: str, *warehouses: Builds, at: str) -> None:
    """Land every sample of a connector, each stream as one batch.

    :param at: when they were read and landed (UTC)
    """
    for stream, known in connector(name).streams.items():
        batch = (f"samples-{stream}", datetime.fromisoformat(at))
        rows = [row_of(record, known, batch) for record in samples_of(name, stream)]
        for warehouse in warehouses:
            warehouse.insert(f"{name}__{stream}", rows)


def row_of(record: Record, stream: Stream, batch: tuple[str, datetime]) -> Row:
    """A raw row of Alice's, with the key and the time of change that its connector finds in it."""
    batch_id, at = batch
    raw = _raw(record)
    payload = bytes(raw).decode()
    said = text_at(raw, stream.changed.take) if stream.changed else None
    changed = stream.changed.read(said, time_zone=UTC) if stream.changed and said else None
    digest = hashlib.sha256(payload.encode()).hexdigest()
    return (
        ALICE.tenant_id,
        "main",
        batch_id,
        "|".join(text_at(raw, path) or "" for path in stream.key) or digest,
        changed.astimezone(UTC).replace(tzinfo=None) if changed else at,
        digest,
        at,
        at,
        payload,
    )

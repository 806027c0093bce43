"""Sales as a stream that names its fields, and the batches that reads of it give."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

from msgspec import Raw

from flows.columns import Origin
from flows.connectors.bookmarks import Start
from flows.connectors.reader import Page, Reader
from flows.connectors.streams import Stream
from flows.extract import Privacy, extract
from flows.warehouse.duckdb import DuckDBWarehouse
from flows.warehouse.warehouse import Batch, Landed
from tests.flows.batches import NOON, TENANT, TILLS

SALE = Stream.model_validate(
    {
        "path": "sale",
        "key": ["id"],
        "load": "full",
        "changed": {"take": "at", "zone": "utc"},
        "fields": {
            **{"id": "key", "at": "moment", "total": "money", "pieces": "quantity"},
            **{"till": "whole", "void": "flag", "note": "text", "buyer": "json"},
        },
    }
)


def sale(number: int, **fields: Any) -> dict[str, Any]:
    given = {"id": f"S{number}", "at": "2026-11-01T10:00:00Z", "total": "12.50", "pieces": 1}
    return {**given, "till": 4, "void": False, "note": None, "buyer": {"b": [1.50]}, **fields}


def batch_of(
    folder: Path,
    *records: dict[str, Any] | str,
    stream: Stream = SALE,
    hours: int = 0,
    as_columns: bool = True,
) -> Batch:
    """What a read of these records gives; texts are records as they stand."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in records]
    made = folder / uuid4().hex
    made.mkdir(parents=True)
    body = ("[" + ",".join(texts) + "]").encode()
    pages = [
        Page(number=1, body=body, records=[Raw(text.encode()) for text in texts], received_at=NOON)
    ]
    read_at = NOON + timedelta(hours=hours)
    origin = Origin(TENANT.code, TILLS, made.name, extracted_at=read_at)
    extracted = extract(
        reader=cast("Reader", SimpleNamespace(pages=lambda *_, **__: iter(pages))),
        name="sale",
        stream=stream,
        start=Start(),
        privacy=Privacy(kept=frozenset(), pseudonym_key=b"k" * 32),
        origin=origin,
        time_zone="Europe/Berlin",
        folder=made,
        as_columns=as_columns,
    )
    extracted.columns.make()
    return Batch(
        batch_id=origin.batch_id,
        tenant_id=TENANT.code,
        connection_id=TILLS,
        connector="shop",
        stream="sale",
        run_id="run",
        fence=1,
        extracted_at=read_at,
        records=extracted.records,
        bytes_read=extracted.bytes_read,
        lake_key=f"{made.name}.parquet",
        file=extracted.columns.file,
        rejects=extracted.columns.rejects,
        typed=extracted.columns.typed,
    )


def shown(warehouse: DuckDBWarehouse, columns: str = "record") -> list[Any]:
    """What is current of each record, by its key."""
    found = warehouse._db.execute(  # the seam shows no rows, and need not
        f"select {columns} from raw.shop__sale__records order by record_key"
    ).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


def counts(landed: Landed) -> tuple[int, int, int, int]:
    return landed.new, landed.changed, landed.unchanged, landed.rejected

"""A tenant's warehouse with the raw tables of one connector, in which records land as read.

Which field is the key of a record and which says when it changed is taken from its connector.yaml.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from flows.connectors.catalog import connector
from flows.connectors.json_path import text_at
from tests.transforms.builds import ALICE, Row, Tenant
from tests.transforms.warehouse_of import RAW_TABLE, WarehouseOf

Record = dict[str, Any]


class WarehouseOfSource(WarehouseOf):
    """:param name: of the connector"""

    def __init__(self, name: str, *tenants: Tenant, folder: Path, target: Path) -> None:
        super().__init__(*tenants, folder=folder, target=target)
        self.connectors = (name,)
        self.source = connector(name)
        with duckdb.connect(str(self.path)) as warehouse:
            for stream in self.source.streams:
                warehouse.execute(f"create table raw.{name}__{stream} ({RAW_TABLE})")

    def read(
        self,
        stream: str,
        *records: Record,
        at: str,
        tenant: Tenant = ALICE,
        connection: str = "main",
    ) -> None:
        """Land the records as one batch.

        :param at: when they were read and landed (UTC)
        """
        self._batches += 1
        batch = (f"batch-{self._batches:04d}", datetime.fromisoformat(at))
        self.land_rows(
            stream, [self._read(stream, one, tenant, connection, batch) for one in records]
        )

    def land_rows(self, stream: str, rows: Iterable[Row]) -> None:
        with duckdb.connect(str(self.path)) as warehouse:
            warehouse.executemany(
                f"insert into raw.{self.source.name}__{stream} values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                list(rows),
            )

    def _read(
        self,
        stream: str,
        record: Record,
        tenant: Tenant,
        connection: str,
        batch: tuple[str, datetime],
    ) -> Row:
        batch_id, at = batch
        payload = msgspec.json.encode(record)
        known = self.source.streams[stream]
        said = text_at(payload, known.changed.take) if known.changed else None
        changed = known.changed.read(said, time_zone=UTC) if known.changed and said else None
        return (
            tenant.tenant_id,
            connection,
            batch_id,
            "|".join(text_at(payload, path) or "" for path in known.key),
            changed.replace(tzinfo=None) if changed else at,
            hashlib.sha256(payload).hexdigest(),
            at,
            at,
            payload.decode(),
        )

"""Publications: a tenant's views as immutable Parquet behind a pointer that is replaced at once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.dbt import View
from flows.lake.lake import Lake
from flows.portal import Job, Tenant, TenantPlace
from flows.warehouse.warehouse import Fenced, LedgerLine, Recipe, StreamState

FORMAT = 1


@dataclass(frozen=True)
class Published:
    """What of the last publication decides whether, and what, there is to build."""

    publication: str
    transforms: str
    landed_through: datetime
    settings: dict[str, str]


def last_published(lake: Lake, *, tenant: TenantPlace) -> Published | None:
    pointer = lake.read(f"{tenant.code}/publications/current.json")
    if pointer is None:
        return None
    publication = json.loads(pointer)["publication"]
    manifest = lake.read(f"{tenant.code}/publications/{publication}/manifest.json")
    if manifest is None:
        return None
    said = json.loads(manifest)
    return Published(
        publication=publication,
        transforms=said["transforms"],
        landed_through=datetime.fromisoformat(said["landed_through"]),
        settings=said["settings"],
    )


def settings_of(tenant: Tenant) -> dict[str, str]:
    """The tenant's settings that its numbers depend on."""
    return {
        "time_zone": tenant.time_zone,
        "currency": tenant.currency,
        "country": tenant.country,
    }


def published_connectors(last: Published | None) -> set[str]:
    """The connectors whose records the last publication was built of."""
    named = last.settings.get("connectors", "") if last else ""
    return set(named.split(",")) - {""}


def landed_connectors(ledger: list[LedgerLine]) -> set[str]:
    return {line.table.partition("__")[0] for line in ledger}


def publish(
    *,
    lake: Lake,
    job: Job,
    folder: Path,
    views: list[View],
    rows: dict[str, int],
    streams: list[StreamState],
    recipe: Recipe,
    landed_through: datetime,
    at: datetime,
) -> str:
    """Put the views of a folder into the lake and make them the current ones. Gives the id.

    Readers see the old publication until the last step, and the new one after it.

    :raises Fenced: if what is current shows more
    """
    current = last_published(lake, tenant=job.tenant)
    if current is not None and current.landed_through > landed_through:
        raise Fenced("A later run has published more than this one knows. This one stops here.")
    publication = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{job.run[:8]}"
    base = f"{job.tenant.code}/publications/{publication}"
    manifest = {
        "format": FORMAT,
        "publication": publication,
        "tenant": job.tenant.code,
        "run": job.run,
        "published_at": at.isoformat(timespec="seconds"),
        "transforms": recipe.transforms,
        "landed_through": landed_through.isoformat(),
        "settings": recipe.settings,
        "streams": [_stream(state) for state in streams],
        "views": {
            view.name: _view(view, folder / f"{view.name}.parquet", rows[view.name])
            for view in views
        },
    }
    for view in views:
        lake.put(source=folder / f"{view.name}.parquet", key=f"{base}/{view.name}.parquet")
    lake.replace(text=json.dumps(manifest, indent=1), key=f"{base}/manifest.json")
    lake.replace(
        text=json.dumps({"publication": publication}),
        key=f"{job.tenant.code}/publications/current.json",
    )
    return publication


def _stream(state: StreamState) -> dict[str, Any]:
    return {
        "connection": state.connection,
        "stream": state.stream,
        "read_at": state.read_at.isoformat(timespec="seconds"),
        "records": state.records,
        "bookmark": state.bookmark.text or None,
    }


def _view(view: View, file: Path, rows: int) -> dict[str, Any]:
    content = file.read_bytes()
    return {
        "file": file.name,
        "rows": rows,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "description": view.description,
        "columns": view.columns,
    }

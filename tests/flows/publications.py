"""What readers find in a lake, and a tenant's home to try things on."""

from __future__ import annotations

import copy
import json
import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from flows.lake.lake import Lake
from tests.flows.batches import TENANT
from tests.flows.fake_portal import Desk
from tests.flows.watching import Watched


def copy_of(watched: Watched, folder: Path) -> tuple[Desk, Path]:
    """A tenant as it is after its first run, to be changed at will."""
    home = folder / "home"
    shutil.copytree(watched.home, home)
    return copy.deepcopy(watched.desk), home


def lake_of(desk: Desk, home: Path) -> Path:
    folder: Path = home / "lake" / desk.tenant["code"]
    return folder


def current(desk: Desk, home: Path) -> str:
    pointer = json.loads((lake_of(desk, home) / "publications/current.json").read_text())
    return str(pointer["publication"])


def manifest_of(desk: Desk, home: Path, publication: str = "") -> dict[str, Any]:
    folder = lake_of(desk, home) / "publications" / (publication or current(desk, home))
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return manifest


def ask(desk: Desk, home: Path, view: str, columns: str) -> list[tuple[Any, ...]]:
    file = lake_of(desk, home) / "publications" / current(desk, home) / f"{view}.parquet"
    with duckdb.connect() as db:
        found = db.execute(f"select {columns} from read_parquet(?)", [str(file)])
        rows: list[tuple[Any, ...]] = found.fetchall()
    return rows


def revenue(desk: Desk, home: Path) -> Decimal:
    total: Decimal = ask(desk, home, "daily_sales_summary", "sum(total_amount)")[0][0]
    return total


def hashes(desk: Desk, home: Path, publication: str = "") -> dict[str, str]:
    views = manifest_of(desk, home, publication)["views"]
    return {name: view["sha256"] for name, view in views.items()}


def publication_at(
    lake: Lake, at: datetime, *, tenant: str = TENANT.code, whole: bool = True
) -> str:
    """A publication in name: only what decides whether it is kept."""
    name = f"{at:%Y%m%dT%H%M%SZ}-0123abcd"
    base = f"{tenant}/publications/{name}"
    lake.replace(text="PAR1", key=f"{base}/daily_sales_summary.parquet")
    if whole:
        lake.replace(text="{}", key=f"{base}/manifest.json")
    return name

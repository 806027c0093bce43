"""Which part stands behind each seam. What uses a part knows its protocol and nothing else."""

from __future__ import annotations

from pathlib import Path

from flows.lake.lake import Lake
from flows.lake.local import LocalLake
from flows.warehouse.duckdb import DuckDBWarehouses
from flows.warehouse.warehouse import Warehouses

ENGINES = {"DUCKDB": DuckDBWarehouses}


def lake_at(address: str) -> Lake:
    """The lake at an address: a folder of this machine."""
    return LocalLake(Path(address))


def warehouses_for(engine: str, *, folder: Path) -> Warehouses:
    """The warehouses of an engine, which is a setting of the tenant."""
    return ENGINES[engine](folder)

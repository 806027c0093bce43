"""What the tests of the transforms share: one parsed project, and warehouses built once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.transforms.random_history import History
from tests.transforms.warehouse_of import ALICE, CHARLIE, Tenant, WarehouseOf

LANDINGS = 3
# Whose histories meet in one warehouse: two tenants, and one of them with two connections.
CONNECTIONS: list[tuple[Tenant, str]] = [(ALICE, "till"), (ALICE, "outlet"), (CHARLIE, "till")]


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory, target: Path) -> WarehouseOf:
    """A warehouse of a tenant whose connection has not read anything yet, built."""
    warehouse = WarehouseOf(folder=tmp_path_factory.mktemp("empty"), target=target)
    warehouse.build()
    return warehouse


@pytest.fixture(scope="session")
def manifest(empty: WarehouseOf) -> dict[str, Any]:
    return dict(json.loads((empty.target / "manifest.json").read_text()))


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory, empty: WarehouseOf) -> WarehouseOf:
    """A warehouse that was built after every landing of three random histories."""
    warehouse = WarehouseOf(
        ALICE, CHARLIE, folder=tmp_path_factory.mktemp("grown"), target=empty.target
    )
    for at in _land(warehouse):
        warehouse.run("--full-refresh") if at == 0 else warehouse.run()
    return warehouse


@pytest.fixture(scope="session")
def rebuilt(tmp_path_factory: pytest.TempPathFactory, grown: WarehouseOf) -> WarehouseOf:
    """The same landings, built once from nothing and tested."""
    folder = tmp_path_factory.mktemp("rebuilt")
    warehouse = WarehouseOf(ALICE, CHARLIE, folder=folder, target=grown.target)
    shutil.copy(grown.path, warehouse.path)
    warehouse.build("--full-refresh")
    return warehouse


def _land(warehouse: WarehouseOf) -> Iterator[int]:
    """Land all histories side by side, and answer after each landing."""
    histories = [History(seed=seed).landings(LANDINGS) for seed in range(len(CONNECTIONS))]
    for number, landings in enumerate(zip(*histories, strict=True)):
        for (tenant, connection), batches in zip(CONNECTIONS, landings, strict=True):
            for hour, batch in enumerate(batches):
                warehouse.land(
                    batch.stream,
                    *batch.records,
                    tenant=tenant,
                    connection=connection,
                    # Connections land at different hours.
                    at=f"2025-04-{number + 1:02d}T{10 + 2 * hour + len(connection):02d}:00:00",
                    extracted=batch.extracted,
                )
        yield number

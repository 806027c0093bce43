"""What the tests of the transforms share: one parsed project, and warehouses built once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.simulators.snowflake.process import SnowflakeServer
from tests.transforms.builds import ALICE, CHARLIE
from tests.transforms.landings import land_histories
from tests.transforms.samples import land_samples, sampled
from tests.transforms.twins import Twins
from tests.transforms.warehouse_of import WarehouseOf
from tests.transforms.warehouse_on_snowflake import Account, WarehouseOnSnowflake


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
    return empty.manifest()


@pytest.fixture(scope="session")
def whole_manifest(samples_landed: WarehouseOf) -> dict[str, Any]:
    """With the models of every connector."""
    return samples_landed.manifest()


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory, empty: WarehouseOf) -> WarehouseOf:
    """A warehouse that was built after every landing of three random histories."""
    warehouse = WarehouseOf(
        ALICE, CHARLIE, folder=tmp_path_factory.mktemp("grown"), target=empty.target
    )
    for at in land_histories(warehouse):
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


@pytest.fixture(scope="session")
def samples_landed(tmp_path_factory: pytest.TempPathFactory) -> WarehouseOf:
    """A warehouse of a tenant with a connection at every source, with the samples landed."""
    names = sampled()
    warehouse = WarehouseOf(
        ALICE,
        folder=tmp_path_factory.mktemp("sampled"),
        target=tmp_path_factory.mktemp("target_of_all"),
        connectors=names,
    )
    for name in names:
        land_samples(name, warehouse, at="2025-04-01T10:00:00")
    warehouse.run("--select", "staging", "standard")
    return warehouse


@pytest.fixture(scope="session")
def snowflake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A local Snowflake that knows BUILDER by a key."""
    folder = tmp_path_factory.mktemp("snowflake")
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = folder / "builder.pub.pem"
    public.write_bytes(
        pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    with SnowflakeServer(
        folder / "data", users={"BUILDER": public}, passwords={"ALICE": "wonderland"}
    ) as server:
        yield Account(server, private)


@pytest.fixture(scope="session")
def samples_on_snowflake(
    tmp_path_factory: pytest.TempPathFactory, snowflake: Account
) -> WarehouseOnSnowflake:
    """The same samples, built in the same way."""
    names = sampled()
    warehouse = WarehouseOnSnowflake(
        snowflake,
        target=tmp_path_factory.mktemp("target_of_samples"),
        prefix="TENANT_SAMPLED_",
        connectors=names,
    )
    warehouse.provision(ALICE)
    for name in names:
        land_samples(name, warehouse, at="2025-04-01T10:00:00")
    warehouse.run("--select", "staging", "standard")
    return warehouse


@pytest.fixture(scope="session")
def twins(tmp_path_factory: pytest.TempPathFactory, target: Path, snowflake: Account) -> Twins:
    """The same landings on both engines, built after each of them and once from nothing."""
    on_duckdb = WarehouseOf(ALICE, CHARLIE, folder=tmp_path_factory.mktemp("twin"), target=target)
    on_snowflake = WarehouseOnSnowflake(snowflake, target=tmp_path_factory.mktemp("target"))
    on_snowflake.provision(ALICE, CHARLIE)
    twins = Twins(on_duckdb, on_snowflake)
    twins.grow()
    return twins

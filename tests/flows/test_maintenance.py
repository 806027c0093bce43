"""One night on the platform: what is cleaned, what is measured, and who hears of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.lake.lake import Lake
from flows.maintenance import bytes_stored, clean
from flows.parts import lake_at
from flows.platform import maintain, reconcile
from flows.portal import TenantPlace
from flows.settings import WorkerSettings
from tests.flows.batches import NOON, TENANT, TILLS, Row, batch_of, warehouse_in
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.publications import publication_at
from tests.flows.shop import settings_of
from tests.flows.watching import as_worker, prefects_leftovers

ALICE = TenantPlace(TENANT.code, TENANT.slug, "DUCKDB")
CHARLIE = TenantPlace("c4a211e0-0000-4000-8000-000000000003", "charlie-sport", "DUCKDB")
OLD = NOON - timedelta(days=40)


@pytest.fixture
def fake() -> Iterator[FakePortal]:
    with FakePortal() as running:
        for place in (ALICE, CHARLIE):
            tenant = {"code": place.code, "slug": place.slug, "engine": place.engine}
            running.add(Desk(tenant, {"code": place.code}, {}))
        yield running


@pytest.fixture
def settings(fake: FakePortal, tmp_path: Path) -> WorkerSettings:
    return settings_of(tmp_path, fake)


@pytest.fixture
def lake(settings: WorkerSettings) -> Lake:
    return lake_at(settings.lake)


def kept(lake: Lake, tenant: str = ALICE.code) -> list[str]:
    return lake.folders(f"{tenant}/publications")


def age(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def landed_and_orphaned(lake: Lake, settings: WorkerSettings, folder: Path) -> tuple[str, str]:
    """Two old raw files, one of which is in the ledger. Landings came before and after both."""
    batch = batch_of(Row("1", "A", OLD), folder=folder)
    orphan = raw_key(OLD)
    for key in (batch.lake_key, orphan):
        lake.replace(text="PAR1", key=key)
        age(Path(settings.lake) / key, OLD)
    with warehouse_in(settings.warehouses) as warehouse:
        warehouse.land(batch_of(folder=folder), at=OLD - timedelta(hours=1))
        warehouse.land(batch, at=OLD + timedelta(hours=1))
    return batch.lake_key, orphan


def raw_key(at: datetime) -> str:
    return f"{ALICE.code}/raw/shop/sale/{at:%Y%m%dT%H%M%S%fZ}-{TILLS[:8]}-0123abcd.parquet"


def test_a_night_removes_of_each_kind_and_touches_no_other_tenant(
    lake: Lake, settings: WorkerSettings, tmp_path: Path
) -> None:
    landed, orphan = landed_and_orphaned(lake, settings, tmp_path)
    for tenant in (ALICE, CHARLIE):
        publication_at(lake, OLD, tenant=tenant.code, whole=False)
    torn = Path(settings.lake) / ALICE.code / "raw" / ".x.parquet.0123"
    torn.write_text("PA")
    age(torn, OLD)

    done = clean(tenants=[ALICE], settings=settings, at=NOON)

    assert (done.publications, done.raw_files, done.torn_files) == (1, 1, 1)
    assert done.postponed == []
    assert lake.read(landed) is not None
    assert lake.read(orphan) is None
    assert not torn.exists()
    assert len(kept(lake, CHARLIE.code)) == 1


def test_after_the_loss_of_a_warehouse_the_whole_archive_stays(
    lake: Lake, settings: WorkerSettings, tmp_path: Path
) -> None:
    archive = [raw_key(OLD + timedelta(days=days)) for days in range(5)]
    for key in archive:
        lake.replace(text="PAR1", key=key)
        age(Path(settings.lake) / key, OLD)
    with warehouse_in(settings.warehouses) as warehouse:
        warehouse.land(batch_of(Row("1", "A", NOON), folder=tmp_path), at=NOON)

    done = clean(tenants=[ALICE], settings=settings, at=NOON)

    assert done.raw_files == 0
    assert [file.key for file in lake.files(f"{ALICE.code}/raw")] == archive


def test_a_tenant_without_old_raw_files_gets_no_warehouse(
    lake: Lake, settings: WorkerSettings
) -> None:
    publication_at(lake, OLD)

    clean(tenants=[ALICE, CHARLIE], settings=settings, at=NOON)

    assert not settings.warehouses.exists()


def test_one_broken_tenant_does_not_keep_the_next_from_being_cleaned(
    lake: Lake, settings: WorkerSettings
) -> None:
    lake.replace(text="not json", key=f"{ALICE.code}/publications/current.json")
    publication_at(lake, OLD, tenant=CHARLIE.code, whole=False)

    done = clean(tenants=[ALICE, CHARLIE], settings=settings, at=NOON)

    assert done.publications == 1
    assert [each.split(":")[0] for each in done.postponed] == ["alice-mode"]


def test_what_each_tenant_stores_is_measured(lake: Lake, settings: WorkerSettings) -> None:
    publication_at(lake, NOON)
    publication_at(lake, NOON, whole=False)

    stored = bytes_stored(tenants=[ALICE, CHARLIE], settings=settings)

    assert stored == {ALICE.code: 6, CHARLIE.code: 0}


def run(flow: Any, fake: FakePortal, home: Path) -> Any:
    with as_worker(fake, home), prefects_leftovers():
        return asyncio.run(flow(return_state=True))


def test_the_nightly_flow_learns_its_tenants_from_the_portal(
    prefect: None, fake: FakePortal, lake: Lake, tmp_path: Path
) -> None:
    torn = publication_at(lake, OLD, tenant=CHARLIE.code, whole=False)

    state = run(maintain, fake, tmp_path)

    assert (state.name, state.message) == ("Completed", "2 tenants were cleaned.")
    assert torn not in kept(lake, CHARLIE.code)


def test_the_nightly_flow_fails_if_a_tenant_was_left_out(
    prefect: None, fake: FakePortal, lake: Lake, tmp_path: Path
) -> None:
    lake.replace(text="not json", key=f"{ALICE.code}/publications/current.json")

    state = run(maintain, fake, tmp_path)

    assert state.is_failed()
    assert state.message.startswith("Not all was cleaned: alice-mode: ")


def test_the_flow_that_reconciles_asks_the_portal(
    prefect: None, fake: FakePortal, tmp_path: Path
) -> None:
    state = run(reconcile, fake, tmp_path)

    assert state.is_completed()
    assert [told.path for told in fake.told] == [
        "/api/v1/platform/reconcile",
        "/api/v1/platform/configurations",
    ]

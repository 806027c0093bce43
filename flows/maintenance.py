"""One night's cleaning, tenant by tenant. What goes wrong with one does not stop the rest."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from flows.lake.lake import Lake
from flows.parts import lake_at, warehouses_for
from flows.portal import TenantPlace
from flows.prune import LEFT_BEHIND, old_raw_files, prune_publications, prune_raw, prune_work
from flows.settings import WorkerSettings
from flows.warehouse.tag import Tag


@dataclass
class Cleaning:
    """How much was removed; `postponed` says of which tenants something was left, and why."""

    publications: int = 0
    raw_files: int = 0
    torn_files: int = 0
    work_folders: int = 0
    postponed: list[str] = field(default_factory=list)


def clean(*, tenants: list[TenantPlace], settings: WorkerSettings, at: datetime) -> Cleaning:
    lake = lake_at(settings.lake)
    done = Cleaning(work_folders=len(prune_work(settings.work, at=at)))
    for tenant in tenants:
        try:
            done.publications += len(prune_publications(lake, tenant=tenant.code, at=at))
            done.torn_files += lake.sweep(tenant.code, before=at - LEFT_BEHIND)
            done.raw_files += _clean_raw(lake, tenant=tenant, settings=settings, at=at)
        except Exception as error:  # noqa: BLE001 - told in the end, after all other tenants
            done.postponed.append(f"{tenant.slug}: {type(error).__name__}: {error}")
    return done


def bytes_stored(*, tenants: list[TenantPlace], settings: WorkerSettings) -> dict[str, int]:
    """What each tenant holds in the lake, by its code."""
    lake = lake_at(settings.lake)
    return {tenant.code: sum(file.bytes for file in lake.files(tenant.code)) for tenant in tenants}


def _clean_raw(lake: Lake, *, tenant: TenantPlace, settings: WorkerSettings, at: datetime) -> int:
    keys = old_raw_files(lake, tenant=tenant.code, at=at)
    if not keys:
        return 0
    warehouses = warehouses_for(
        tenant.engine,
        folder=settings.warehouses,
        lake=lake,
        tag=lambda: Tag(tenant=tenant.code, step="maintain"),
    )
    with closing(warehouses), warehouses.open(tenant) as warehouse:
        ledger = warehouse.ledger()
    return len(prune_raw(lake, keys=keys, ledger=ledger))

"""Moving a tenant to another engine: copied, counted, built and compared before anything switches.

python -m flows.move '{"code": …, "slug": …, "engine": "DUCKDB", "to": "SNOWFLAKE"}'

The report is JSON on standard output; it ends with 1 and one sentence if anything differs.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from flows.dbt import TransformFailed, build, published_views, transforms_version
from flows.lake.lake import Lake, LakeRefused, LakeUnavailable
from flows.parts import lake_at, warehouses_for
from flows.portal import TenantPlace
from flows.publish import landed_connectors, last_published, published_connectors
from flows.references import ReferenceBroken
from flows.session import now
from flows.settings import SettingMissing, WorkerSettings, worker_settings
from flows.warehouse.fingerprints import Fingerprint, fingerprint
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import (
    Recipe,
    Warehouse,
    WarehouseBusy,
    WarehouseRefused,
    Warehouses,
    WarehouseUnavailable,
)


class MoveRefused(Exception):
    """The tenant stays where it is, with a sentence for the operator."""


@dataclass(frozen=True)
class Compared:
    """A table of raw, or a published view, before and after the move."""

    name: str
    before: Fingerprint
    after: Fingerprint

    @property
    def is_equal(self) -> bool:
        return self.before == self.after


def move(tenant: TenantPlace, *, to: str, settings: WorkerSettings) -> list[Compared]:
    """Copy a tenant's raw tables to another engine, build there, and compare both.

    The portal changes the engine afterwards. What the old engine holds stays there.

    :raises MoveRefused: if there is nothing to move, or anything differs afterwards
    """
    lake, there = lake_at(settings.lake), replace(tenant, engine=to)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_work(settings))))
        old = stack.enter_context(_warehouses(tenant, lake=lake, settings=settings))
        new = stack.enter_context(_warehouses(there, lake=lake, settings=settings))
        turn = old.turn(tenant)
        turn.take()
        stack.callback(turn.end)
        with old.open(tenant) as source:
            compared = _copy(source, new, there, folder=folder)
        _check(compared)
        compared += _build(new, there, lake=lake, settings=settings, folder=folder)
        _check(compared)
    return compared


def _copy(
    source: Warehouse, new: Warehouses, there: TenantPlace, *, folder: Path
) -> list[Compared]:
    compared = []
    tables = source.raw_tables()
    if not tables:
        raise MoveRefused(
            f"{there.slug} has no data yet. Let its first run end before you move it."
        )
    for table, columns in tables.items():
        out, back = folder / f"{table}.parquet", folder / f"{table}.back.parquet"
        source.copy_out(table, columns=columns, file=out)
        with new.open(there) as target:
            target.copy_in(table, columns=columns, file=out)
            target.copy_out(table, columns=columns, file=back)
        compared.append(Compared(f"raw.{table}", fingerprint(out), fingerprint(back)))
        out.unlink()
        back.unlink()
    return compared


def _build(
    new: Warehouses, there: TenantPlace, *, lake: Lake, settings: WorkerSettings, folder: Path
) -> list[Compared]:
    """Build everything there, and compare what would be published with what is."""
    last = last_published(lake, tenant=there)
    if last is None:
        return []
    recipe = Recipe(transforms=transforms_version(), settings=last.settings)
    with new.open(there) as target:
        used = published_connectors(last) or landed_connectors(target.ledger())
        target.begin_build(recipe, is_whole=True, at=now())
    build(
        environment=new.dbt_environment(there),
        folder=settings.dbt / there.code,
        connectors=used,
        tables=None,
        full_refresh=True,
    )
    with new.open(there) as target:
        target.finish_build(at=now())
        if last.transforms != recipe.transforms or target.landed_through() != last.landed_through:
            return []  # what is published shows less than raw holds, or was built by other SQL
        views = {view.name: view.types for view in published_views(settings.dbt / there.code)}
        target.export(views=views, folder=folder)
    base = f"{there.code}/publications/{last.publication}"
    return [_compared_view(view, lake=lake, base=base, folder=folder) for view in views]


def _compared_view(view: str, *, lake: Lake, base: str, folder: Path) -> Compared:
    published, exported = folder / f"{view}.published.parquet", folder / f"{view}.parquet"
    lake.fetch(key=f"{base}/{view}.parquet", target=published)
    return Compared(view, fingerprint(published), fingerprint(exported))


def _check(compared: list[Compared]) -> None:
    different = [each.name for each in compared if not each.is_equal]
    if different:
        raise MoveRefused(
            f"{', '.join(different[:3])} differ after the move ({len(different)} of"
            f" {len(compared)} tables). The tenant stays where it is; its developers have to know."
        )


@contextmanager
def _warehouses(
    tenant: TenantPlace, *, lake: Lake, settings: WorkerSettings
) -> Iterator[Warehouses]:
    found = warehouses_for(
        tenant.engine,
        folder=settings.warehouses,
        lake=lake,
        tag=lambda: Tag(tenant=tenant.code, step="move"),
    )
    with closing(found):
        yield found


def _work(settings: WorkerSettings) -> Path:
    settings.work.mkdir(parents=True, exist_ok=True)
    return settings.work


def report(compared: list[Compared]) -> list[dict[str, Any]]:
    return [asdict(each) | {"is_equal": each.is_equal} for each in compared]


def main() -> int:
    told = json.loads(sys.argv[1])
    tenant = TenantPlace(code=told["code"], slug=told["slug"], engine=told["engine"])
    try:
        compared = move(tenant, to=told["to"], settings=worker_settings())
    except (
        LakeRefused,
        LakeUnavailable,
        MoveRefused,
        ReferenceBroken,
        SettingMissing,
        TransformFailed,
        WarehouseBusy,
        WarehouseRefused,
        WarehouseUnavailable,
    ) as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program's answer
        return 1
    print(json.dumps(report(compared), indent=1))  # noqa: T201 - a program's answer
    return 0


if __name__ == "__main__":
    sys.exit(main())

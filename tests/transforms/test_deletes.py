"""What a source no longer has counts in standard as what the source itself calls deleted."""

from __future__ import annotations

import random
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flows.warehouse.deletes import GONE, Sweep
from flows.warehouse.duckdb import DuckDBWarehouse
from flows.warehouse.warehouse import Batch
from tests.flows.batches import NOON, TENANT, Row, batch_of, file_of, query, warehouse_in
from tests.transforms.builds import ALICE, Builds
from tests.transforms.builds import Row as Found
from tests.transforms.warehouse_of import WarehouseOf
from tests.transforms.warehouse_of_source import WarehouseOfSource

DAY = timedelta(days=1)
CONNECTIONS = [f"0c000000-0000-4000-8000-00000000000{number}" for number in range(6)]
KEYS = "abcdefgh"
DAYS = 4
ALIVE = """
    select connection_id, customer_id from standard.std_customers
    where is_current and not is_deleted
"""


@dataclass(frozen=True)
class Customer(Row):
    @property
    def payload(self) -> str:
        return f'{{"id":"{self.key}","role":"{self.content}"}}'


class Shop(WarehouseOf):
    """A warehouse that the product itself has made, and lands in."""

    def __init__(self, folder: Path, target: Path) -> None:
        Builds.__init__(self, target, connectors=("woocommerce",))
        self.folder = folder
        self.path = file_of(folder)
        with self.opened():
            """Its tables are made."""

    def opened(self) -> AbstractContextManager[DuckDBWarehouse]:
        return warehouse_in(self.folder, *self.raw_tables)

    def rows(self, query_: str) -> list[Found]:
        return query(self.path, query_)


def listing(connection: str, keys: set[str], *, day: int, folder: Path) -> Batch:
    """All customers of a shop on a day."""
    rows = [Customer(key, "customer") for key in sorted(keys)]
    batch = batch_of(
        *rows,
        folder=folder,
        connection=connection,
        extracted_at=NOON + day * DAY,
        stream="customer",
    )
    sweep = Sweep(listed=len(keys), blocked_above=50)
    return replace(batch, connector="woocommerce", sweep=sweep)


def after(keys: set[str], listed: set[str]) -> set[str]:
    """Who is there after a listing: those who are listed, unless too many vanish at once."""
    missing = keys - listed
    is_blocked = bool(missing) and (not listed or len(missing) * 2 > len(keys))
    return keys | listed if is_blocked else listed


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop"), tmp_path_factory.mktemp("target_of_shop"))


def test_whatever_was_listed_in_turn_standard_has_who_is_there(shop: Shop, tmp_path: Path) -> None:
    chance = random.Random(26)
    expected = {connection: set[str]() for connection in CONNECTIONS}

    for day in range(DAYS):
        with shop.opened() as warehouse:
            for connection in CONNECTIONS:
                keys = set(chance.sample(KEYS, chance.randrange(len(KEYS) + 1)))
                warehouse.land(
                    listing(connection, keys, day=day, folder=tmp_path), at=NOON + day * DAY
                )
                expected[connection] = after(expected[connection], keys)
        whole = ["--full-refresh"] if day == 0 else []
        shop.run("--select", "+std_customers", *whole)

        alive = shop.rows(ALIVE)
        assert set(alive) == {
            (connection, key) for connection, keys in expected.items() for key in keys
        }
    grown = shop.tables("standard")
    shop.run("--select", "+std_customers", "--full-refresh")
    assert shop.tables("standard") == grown
    assert any(keys != set(KEYS) for keys in expected.values())
    assert shop.rows("select distinct tenant_id from standard.std_customers") == [(TENANT.code,)]


class Shopify(WarehouseOfSource):
    """Variants of a shop, as they land in raw."""

    def variant(self, id: str, product_type: str, *, day: int, gone: bool = False) -> None:
        batch = (f"batch-{day}", datetime(2026, 11, day))  # noqa: DTZ001 - as raw has it
        record = {"id": id, "title": id, "product": {"productType": product_type}}
        row = self._read("variants", record, ALICE, "main", batch)
        self.land_rows("variants", [(*row[:5], GONE, *row[6:]) if gone else row])


def test_a_category_outlives_a_variant_that_is_gone(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shop = Shopify("shopify", ALICE, folder=tmp_path, target=tmp_path_factory.mktemp("shopify"))
    for day, (id, gone) in enumerate([("v1", False), ("v2", False), ("v1", True)], start=1):
        shop.variant(id, "Shirts", day=day, gone=gone)

    shop.run("--select", "+std_categories", "+std_products", "--full-refresh")

    categories = "select category_id, is_deleted from standard.std_categories where is_current"
    products = "select product_id, is_deleted from standard.std_products where is_current"
    assert shop.rows(categories) == [("Shirts", False)]
    assert sorted(shop.rows(products)) == [("v1", True), ("v2", False)]

"""What a build answers: on nothing, on what dbt's own unit tests give it, and on nonsense."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.transforms.till import sale
from tests.transforms.warehouse_of import ALICE, BuildFailed, WarehouseOf


def test_a_warehouse_without_a_record_builds_green(empty: WarehouseOf) -> None:
    tables = empty.tables("analytics")

    assert len(tables) == 12
    assert not any(tables.values())


def test_the_unit_tests_pass(empty: WarehouseOf) -> None:
    empty.dbt("test", "--select", "test_type:unit")


def test_a_price_nobody_can_read_holds_the_build_back_until_the_till_corrects_it(
    tmp_path: Path, empty: WarehouseOf
) -> None:
    warehouse = WarehouseOf(ALICE, folder=tmp_path, target=empty.target)
    only_lines = ("--select", "+std_sale_lines", "--indirect-selection", "cautious")
    nonsense = sale("line-1", changed="2025-03-03T10:00:00", salePrice="gratis")
    corrected = sale("line-1", changed="2025-03-03T11:00:00", salePrice=9.99)

    warehouse.land("sale", nonsense, at="2025-03-03T22:00:00")

    with pytest.raises(BuildFailed, match="nothing_is_unreadable_std_sale_lines"):
        warehouse.build(*only_lines)

    warehouse.land("sale", corrected, at="2025-03-04T22:00:00")

    assert warehouse.build(*only_lines)["nothing_is_unreadable_std_sale_lines_"] == "pass"


def test_a_country_without_tax_rates_holds_the_build_back(
    tmp_path: Path, rebuilt: WarehouseOf
) -> None:
    warehouse = WarehouseOf(folder=tmp_path, target=rebuilt.target)
    shutil.copy(rebuilt.path, warehouse.path)
    warehouse.execute("update raw.tenants set country = 'FR', time_zone = 'Europe/Paris'")

    with pytest.raises(BuildFailed, match="tax_rate_is_known_fct_sale_lines"):
        warehouse.build("--select", "std_tenants", "dim_shops", "fct_sale_lines")

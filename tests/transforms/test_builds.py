"""What a build answers: on nothing, on what dbt's own unit tests give it, and on nonsense."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.transforms.builds import ALICE, BuildFailed
from tests.transforms.till import article, category, order, position, sale
from tests.transforms.warehouse_of import WarehouseOf

DASHBOARD = "select report_date, sales_7d from analytics.business_dashboard"
# A build of everything takes three times as long and says the same.
SOLD = ("--select", "+fct_sale_lines", "--indirect-selection", "buildable")
ORDERED = ("--select", "+std_order_lines", "--indirect-selection", "buildable")


def test_a_warehouse_without_a_record_builds_green(empty: WarehouseOf) -> None:
    tables = empty.tables("analytics")

    assert len(tables) == 13
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


def test_a_sale_of_a_day_that_has_not_come_holds_the_build_back(
    tmp_path: Path, empty: WarehouseOf
) -> None:
    warehouse = _selling(tmp_path, empty)
    of_2205 = sale("line-2", changed="2025-03-03T11:00:00", date="2205-03-03", receiptNumber=2)
    corrected = sale("line-2", changed="2025-03-04T11:00:00", date="2025-03-04", receiptNumber=2)

    warehouse.land("sale", of_2205, at="2025-03-03T23:00:00")

    with pytest.raises(BuildFailed, match="business_date_has_come_fct_sale_lines"):
        warehouse.build()
    # What the test holds back does not empty the dashboard either.
    warehouse.run()
    assert warehouse.rows(DASHBOARD) == [(date(2025, 3, 3), Decimal("119.00"))]

    warehouse.land("sale", corrected, at="2025-03-04T22:00:00")

    assert warehouse.build()["business_date_has_come_fct_sale_lines_"] == "pass"
    assert warehouse.rows(DASHBOARD) == [(date(2025, 3, 4), Decimal("238.00"))]


@pytest.mark.parametrize("stream", ["article", "category"])
def test_sales_without_any_article_or_category_hold_the_build_back(
    tmp_path: Path, empty: WarehouseOf, stream: str
) -> None:
    warehouse = _selling(tmp_path, empty)
    warehouse.execute(f"delete from raw.prohandel__{stream}")

    with pytest.raises(BuildFailed, match="tax_class_can_be_known_fct_sale_lines"):
        warehouse.build(*SOLD)


def test_a_single_sale_of_an_unknown_article_is_taxed_at_the_standard_rate(
    tmp_path: Path, empty: WarehouseOf
) -> None:
    warehouse = _selling(tmp_path, empty)
    unknown = sale("line-2", changed="2025-03-03T11:00:00", articleNumber=7.0, receiptNumber=2)
    warehouse.land("sale", unknown, at="2025-03-03T23:00:00")

    warehouse.build(*SOLD)

    rates = "select tax_rate_percent from analytics.fct_sale_lines where product_id = '7'"
    assert warehouse.rows(rates) == [(Decimal("19.00"),)]


def test_two_positions_with_one_key_are_two_lines_of_the_order(
    tmp_path: Path, empty: WarehouseOf
) -> None:
    warehouse = _selling(tmp_path, empty)
    twice = [position("p1", deliveredAmount=2.0), position("p1", deliveredAmount=1.0)]

    warehouse.land("order", order("o1", *twice), at="2025-03-03T23:00:00")
    warehouse.build(*ORDERED)

    lines = "select repetition, delivered_quantity from standard.std_order_lines order by all"
    assert warehouse.rows(lines) == [(1, Decimal("2.000")), (2, Decimal("1.000"))]


def _selling(folder: Path, empty: WarehouseOf) -> WarehouseOf:
    """A warehouse of a tenant that has sold one shirt."""
    warehouse = WarehouseOf(ALICE, folder=folder, target=empty.target)
    warehouse.land("sale", sale("line-1", changed="2025-03-03T10:00:00"), at="2025-03-03T22:00:00")
    changed = "2025-03-03T09:00:00"
    warehouse.land("article", article("article-1", changed=changed), at="2025-03-03T22:01:00")
    warehouse.land("category", category("category-1", changed=changed), at="2025-03-03T22:02:00")
    return warehouse

"""What a mapping says of the columns that its source does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transforms.builds import BuildFailed
from tests.transforms.warehouse_of import WarehouseOf


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, target: Path) -> WarehouseOf:
    return WarehouseOf(folder=tmp_path_factory.mktemp("absent"), target=target)


def test_an_absent_column_is_null_and_of_the_type_the_entity_promises(
    warehouse: WarehouseOf,
) -> None:
    names = ["product_id", "sale_price", "first_sale_date", "is_active"]

    said = warehouse.compiled(f"select {{{{ absent('std_products', {names}) }}}}")

    types = ", ".join(f"typeof({name})" for name in names)
    assert warehouse.rows(f"select {types}, * from ({said})") == [
        ("VARCHAR", "DECIMAL(18,2)", "DATE", "BOOLEAN", None, None, None, None)
    ]


def test_a_column_that_the_entity_does_not_have_is_named(warehouse: WarehouseOf) -> None:
    with pytest.raises(BuildFailed, match="std_products has no column sale_prize; correct"):
        warehouse.compiled("select {{ absent('std_products', ['sale_price', 'sale_prize']) }}")

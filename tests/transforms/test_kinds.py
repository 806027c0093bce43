"""Every kind of value is read alike on both engines, and what nobody can read becomes null."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.transforms.builds import ALICE, Builds
from tests.transforms.warehouse_of import WarehouseOf
from tests.transforms.warehouse_on_snowflake import Account, WarehouseOnSnowflake

at = datetime.fromisoformat
MORNING = at("2025-03-03T09:15")
READ: list[tuple[str, str, Any]] = [
    ("instant", "2025-03-03T09:15:00Z", MORNING),
    ("instant", "2025-03-03T10:15:00+01:00", MORNING),
    ("instant", "2025-03-03T04:15:00.000-0500", MORNING),
    ("instant", "2025-03-03T09:15:00.000+0000", MORNING),
    ("instant", "2025-03-03 09:15:00", MORNING),
    ("instant", "2025-03-03T09:15:00.1234567Z", MORNING.replace(microsecond=123456)),
    ("instant", "1990-01-01T00:00:00Z", at("1990-01-01T00:00")),
    ("instant", "soon", None),
    ("instant", "1741000500", None),
    ("instant", "", None),
    ("epoch", "1740993300", MORNING),
    ("epoch", "1740993300.25", MORNING.replace(microsecond=250_000)),
    ("epoch", "-1", at("1969-12-31T23:59:59")),
    ("epoch", "99999999999999", None),
    ("epoch", "soon", None),
    ("epoch_ms", "1740993300000", MORNING),
    ("epoch_ms", "1740993300000.0", MORNING),
    ("hours", "0.3333", Decimal("0.3333")),
    ("hours", "none", None),
    ("number", "12.3456789", Decimal("12.345679")),
    ("minor of EUR", "1050", Decimal("10.50")),
    ("minor of small", "-5", Decimal("-0.05")),
    ("minor of JPY", "1050", Decimal("1050.00")),
    ("minor of KWD", "1050", Decimal("1.05")),
    ("minor of nothing", "1050", None),
    ("minor of EUR", "10.5.1", None),
    ("minor of EUR", "9999999999999999", None),
]


def read(warehouse: Builds, record: str) -> list[Any]:
    """What each text of `READ` becomes; the currency is a field of the record."""
    columns = []
    for place, (words, text, _) in enumerate(READ):
        columns.append(f"{{{{ read_as('{words}', \"'{text}'\") }}}} as value_{place}")
    statement = f"select {', '.join(columns)} from (select {record} as record) as one"
    [row] = warehouse.rows(warehouse.compiled(statement))
    return list(row)


CURRENCIES = '{"EUR":"EUR","small":"eur","JPY":"JPY","KWD":"KWD","nothing":null}'


@pytest.fixture(scope="module")
def values(
    empty: WarehouseOf, snowflake: Account, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Any]]:
    names = '"EUR":"VARCHAR","small":"VARCHAR","JPY":"VARCHAR","KWD":"VARCHAR","nothing":"VARCHAR"'
    on_snowflake = WarehouseOnSnowflake(
        snowflake, target=tmp_path_factory.mktemp("target"), prefix="TENANT_KINDS_"
    )
    on_snowflake.provision(ALICE)
    return {
        "duckdb": read(empty, f"json_transform('{CURRENCIES}', '{{{names}}}')"),
        "snowflake": read(on_snowflake, f"parse_json('{CURRENCIES}')"),
    }


@pytest.mark.parametrize("engine", ["duckdb", "snowflake"])
@pytest.mark.parametrize("place", range(len(READ)), ids=[f"{k} {t}" for k, t, _ in READ])
def test_a_text_is_read_as_what_it_is(
    values: dict[str, list[Any]], engine: str, place: int
) -> None:
    assert values[engine][place] == READ[place][2]

"""What a frozen stream sends beyond its fields stays in raw and reaches no `extensions`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.transforms.builds import ALICE, Builds
from tests.transforms.warehouse_of import WarehouseOf
from tests.transforms.warehouse_on_snowflake import Account, WarehouseOnSnowflake

ODD = "it's \\ odd"
GERMANY = {
    "id": "DE",
    "number": 49,
    "countryName": "Germany",
    "domain": "de",
    ODD: "1.10",
    "colour": {"name": "red"},
}


@pytest.fixture(scope="module", params=["duckdb", "snowflake"])
def warehouse(
    request: pytest.FixtureRequest, snowflake: Account, tmp_path_factory: pytest.TempPathFactory
) -> Builds:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "duckdb":
        made: Builds = WarehouseOf(ALICE, folder=folder, target=folder)
    else:
        on_snowflake = WarehouseOnSnowflake(snowflake, target=folder, prefix="TENANT_FROZEN_")
        on_snowflake.provision(ALICE)
        made = on_snowflake
    made.frozen = {
        "prohandel__country": {
            "": ["id", "domain"],
            "first": ["id", "number", ODD],
            "second": [],
        }
    }
    for connection in ("first", "second", "third"):
        made.land("country", GERMANY, connection=connection, at="2025-03-01T10:00:00")
    made.land("category", GERMANY, connection="first", at="2025-03-01T10:00:00")
    made.run("--select", "stg_prohandel__countries", "stg_prohandel__categories")
    return made


def extensions(warehouse: Builds, model: str) -> dict[str, Any]:
    prefix = "MERCURIOS_DATA.TENANT_FROZEN_" if isinstance(warehouse, WarehouseOnSnowflake) else ""
    rows = warehouse.rows(f"select connection_id, extensions from {prefix}staging.{model}")
    return {connection: json.loads(text) for connection, text in rows}


def test_each_connection_keeps_to_the_fields_it_is_known_to_have(warehouse: Builds) -> None:
    found = extensions(warehouse, "stg_prohandel__countries")

    # The rest of what is known has a column of its own.
    assert found == {
        "first": {"id": "DE", ODD: "1.10"},
        "second": {},
        "third": {"id": "DE", "domain": "de"},
    }


def test_what_a_stream_that_is_not_frozen_sends_is_all_there(warehouse: Builds) -> None:
    found = extensions(warehouse, "stg_prohandel__categories")

    assert found["first"].items() >= {ODD: "1.10", "colour": {"name": "red"}}.items()


def test_what_a_column_is_named_for_is_read_whether_it_is_known_or_not(warehouse: Builds) -> None:
    prefix = "MERCURIOS_DATA.TENANT_FROZEN_" if isinstance(warehouse, WarehouseOnSnowflake) else ""

    rows = warehouse.rows(f"select country_name from {prefix}staging.stg_prohandel__countries")

    assert rows == [("Germany",)] * 3

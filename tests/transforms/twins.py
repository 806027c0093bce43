"""The same records on both engines, built the same way, and their tables made comparable."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from tests.transforms.builds import BuildFailed, Row
from tests.transforms.landings import land_histories
from tests.transforms.oddities import land_oddities
from tests.transforms.warehouse_of import WarehouseOf
from tests.transforms.warehouse_on_snowflake import WarehouseOnSnowflake

LAYERS = ("standard", "analytics")
STEPS = ("landing 0", "landing 1", "landing 2", "full refresh", "undated")
Tables = dict[str, list[Row]]


@dataclass
class Twins:
    """:param steps: the tables of both, DuckDB's first, after each of `STEPS`"""

    duckdb: WarehouseOf
    snowflake: WarehouseOnSnowflake
    steps: dict[str, tuple[Tables, Tables]] = field(default_factory=dict)

    def grow(self) -> None:
        """Land everything, build after each landing, and once from nothing."""
        for number in land_histories(self.duckdb, self.snowflake):
            land_oddities(number, self.duckdb, self.snowflake)
            self._step(f"landing {number}", *(["--full-refresh"] if number == 0 else []))
        self._step("full refresh", "--full-refresh")
        land_oddities(3, self.duckdb, self.snowflake)
        self._step("undated", "--select", "+std_sale_lines")

    @cached_property
    def tested(self) -> tuple[dict[str, str], dict[str, str]]:
        """What every data test says of each."""
        for warehouse in (self.duckdb, self.snowflake):
            with suppress(BuildFailed):
                warehouse.dbt("test", "--exclude-resource-type", "unit_test")
        return self.duckdb.results(), self.snowflake.results()

    def _step(self, name: str, *options: str) -> None:
        for warehouse in (self.duckdb, self.snowflake):
            warehouse.run(*options)
        self.steps[name] = (
            comparable(self.duckdb.tables(*LAYERS)),
            comparable(self.snowflake.tables(*LAYERS)),
        )


def comparable(tables: Tables) -> Tables:
    """The same for the same content: numbers without their scale, JSON without its order."""
    return {
        name: sorted((tuple(map(_comparable, row)) for row in rows), key=repr)
        for name, rows in tables.items()
    }


def _comparable(value: Any) -> Any:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Decimal(value).normalize() + 0
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.dumps(json.loads(value, parse_int=float), sort_keys=True)
    return value

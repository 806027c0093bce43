"""The samples of every connector become what they are in staging and in standard."""

from __future__ import annotations

import pytest
import yaml

from tests.transforms.builds import TRANSFORMS
from tests.transforms.samples import records_of, sampled
from tests.transforms.warehouse_of import WarehouseOf

PROJECT = yaml.safe_load((TRANSFORMS / "dbt_project.yml").read_text())
MAPPINGS: dict[str, list[str]] = PROJECT["vars"]["mappings"]


def test_every_mapping_is_entered_and_every_entry_is_a_mapping() -> None:
    written = {path.stem for path in (TRANSFORMS / "models" / "standard").glob("*/std_*__*.sql")}

    entered = {f"{entity}__{name}" for entity, names in MAPPINGS.items() for name in names}

    assert entered == written


@pytest.mark.parametrize("name", sampled())
def test_every_sample_is_readable_in_staging(samples_landed: WarehouseOf, name: str) -> None:
    views = _views(samples_landed, "staging", f"stg_{name}\\_\\_%")

    doubtful = {
        view: samples_landed.rows(
            f"select record_key, unreadable_fields from staging.{view}"
            " where unreadable_fields is not null"
        )
        for view in views
    }

    assert {view: rows for view, rows in doubtful.items() if rows} == {}
    assert len(views) >= len(records_of(name))


@pytest.mark.parametrize("name", sampled())
def test_every_stream_has_a_staging_view_with_its_samples(
    samples_landed: WarehouseOf, name: str
) -> None:
    counts = {
        view: samples_landed.rows(f"select count(distinct record_key) from staging.{view}")[0][0]
        for view in _views(samples_landed, "staging", f"stg_{name}\\_\\_%")
    }

    # A list inside a record has a view of its own, beside the record's; a sample may have none.
    filled = [count for count in counts.values() if count]
    assert len(filled) >= len(records_of(name))


def test_no_staging_view_says_a_column_twice(samples_landed: WarehouseOf) -> None:
    """Snowflake refuses such a view; DuckDB calls the second column x_1."""
    twice = samples_landed.rows(
        "select first.table_name, first.column_name from duckdb_columns() as first"
        " inner join duckdb_columns() as second using (schema_name, table_name)"
        " where schema_name = 'staging' and second.column_name = first.column_name || '_1'"
    )

    assert twice == []


@pytest.mark.parametrize(
    ("entity", "name"), [(entity, name) for entity, names in MAPPINGS.items() for name in names]
)
def test_every_mapping_finds_its_samples(
    samples_landed: WarehouseOf, entity: str, name: str
) -> None:
    assert name in sampled(), "a connector brings samples"
    [(rows,)] = samples_landed.rows(f"select count(*) from standard.{entity}__{name}")

    assert rows


def _views(warehouse: WarehouseOf, schema: str, pattern: str) -> list[str]:
    found = warehouse.rows(
        "select view_name from duckdb_views()"
        f" where schema_name = '{schema}' and view_name like '{pattern}' escape '\\' order by all"
    )
    return [name for (name,) in found]

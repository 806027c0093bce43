"""Every model says its grain, describes its columns as they are, and has its key tested."""

from __future__ import annotations

from typing import Any

from tests.transforms.warehouse_of import WarehouseOf

KEY_TESTS = {"one_row_per", "one_open_version"}
# What was observed has the key of raw: it is the history that promises one of its own.
WITHOUT_KEY = ("stg_", "__prohandel")


def test_every_model_begins_with_its_grain(whole_manifest: dict[str, Any]) -> None:
    silent = [
        name for name, model in _models(whole_manifest) if not _is_grain(model["description"])
    ]

    assert silent == []


def test_every_column_is_described_and_stands_where_the_table_has_it(
    manifest: dict[str, Any], empty: WarehouseOf
) -> None:
    described = {
        name: [column["name"] for column in model["columns"].values() if column["description"]]
        for name, model in _models(manifest)
        if not name.startswith("stg_")
    }

    built: dict[str, list[str]] = {name: [] for name in described}
    for table, column in empty.rows(
        "select table_name, column_name from information_schema.columns"
        " where table_schema in ('standard', 'analytics') order by table_name, ordinal_position"
    ):
        built.setdefault(table, []).append(column)
    assert {name: built[name] for name in described} == described


def test_every_column_of_staging_is_described(manifest: dict[str, Any], empty: WarehouseOf) -> None:
    described = {
        (name, column["name"])
        for name, model in _models(manifest)
        for column in model["columns"].values()
        if name.startswith("stg_") and column["description"]
    }

    built = empty.rows(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'staging'"
    )
    assert set(built) == described


def test_a_connectors_models_describe_only_columns_they_have(
    whole_manifest: dict[str, Any], samples_landed: WarehouseOf
) -> None:
    described = {
        (name, column)
        for name, model in _models(whole_manifest)
        for column in model["columns"]
        if name.startswith("stg_") or "__" in name
    }

    built = samples_landed.rows(
        "select table_name, column_name from information_schema.columns"
        " where table_schema in ('staging', 'standard')"
    )
    assert described <= set(built)


def test_every_history_and_every_analytics_model_has_its_key_tested(
    manifest: dict[str, Any],
) -> None:
    tested = {
        parent
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") in KEY_TESTS
        for parent in [node["attached_node"]]
    }

    untested = [
        name
        for name, model in _models(manifest)
        if not any(part in name for part in WITHOUT_KEY) and model["unique_id"] not in tested
    ]
    assert untested == []


def test_contracts_are_enforced_in_standard_and_analytics(manifest: dict[str, Any]) -> None:
    loose = [
        name
        for name, model in _models(manifest)
        if model["fqn"][1] != "staging" and not model["config"]["contract"]["enforced"]
    ]

    assert loose == []


def _is_grain(description: str) -> bool:
    return description.startswith("One row per ")


def _models(manifest: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    nodes = manifest["nodes"].values()
    return [(node["name"], node) for node in nodes if node["resource_type"] == "model"]

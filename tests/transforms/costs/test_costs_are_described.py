"""The ledger's models say what they are, and are nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows import dbt
from flows.costs.views import VIEWS
from tests.transforms.costs.recipe import Recipe

LAYERS = {"staging": "costs_staging", "steps": "costs_steps", "ledger": "costs"}


def test_the_ledger_is_built_without_retailers_models(project: dict[str, Any]) -> None:
    assert {node["fqn"][1] for node in _models(project)} == {"costs"}
    assert {(node["fqn"][2], node["schema"]) for node in _models(project)} == set(LAYERS.items())


def test_retailers_are_built_without_the_ledger(manifest: dict[str, Any]) -> None:
    named = [name for name in (*manifest["nodes"], *manifest["sources"]) if "cost" in name]

    assert named == []
    assert not any(name.startswith("source.mercurios.usage") for name in manifest["sources"])


def test_every_source_and_column_is_described_as_the_feed_has_it(project: dict[str, Any]) -> None:
    described = {
        source["name"]: [name for name, each in source["columns"].items() if each["description"]]
        for source in project["sources"].values()
        if source["source_name"] == "usage"
    }

    for view, columns in VIEWS.items():
        own = [name for name in described[view] if name != "read_on"]
        assert own == list(columns.columns)


def test_every_model_begins_with_its_grain(project: dict[str, Any]) -> None:
    silent = [
        node["name"]
        for node in _models(project)
        if not node["description"].startswith("One row per ")
    ]

    assert silent == []


def test_every_column_is_described(project: dict[str, Any], recipe: Recipe) -> None:
    from tests.transforms.costs.account import Account

    built = (
        Account()
        .ledger(recipe)
        .rows(
            "select table_name, list(column_name order by ordinal_position)"
            " from information_schema.columns where starts_with(table_schema, 'costs') group by all"
        )
    )

    described = {
        node["name"]: [name for name, each in node["columns"].items() if each["description"]]
        for node in _models(project)
    }
    assert dict(built) == described


def test_a_change_of_the_ledger_rebuilds_no_warehouse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt, "TRANSFORMS", tmp_path)
    for name in ("models/costs/ledger/cost_bill.sql", "models/analytics/fct_sales.sql"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("select 1")
    before = dbt.transforms_version.__wrapped__()

    (tmp_path / "models/costs/ledger/cost_bill.sql").write_text("select 2")
    unchanged = dbt.transforms_version.__wrapped__()
    (tmp_path / "models/analytics/fct_sales.sql").write_text("select 2")

    assert before == unchanged != dbt.transforms_version.__wrapped__()


def _models(project: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in project["nodes"].values() if node["resource_type"] == "model"]

"""The import contracts name modules one by one; here is what keeps their lists complete."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests.house.repository import files, text_of

CONTRACTS: list[dict[str, Any]] = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"][
    "contracts"
]
# What each list leaves out on purpose.
LEFT_OUT = {
    "Of the flows the portal imports the connectors and nothing else": {"connectors"},
    "Connectors know no framework, no warehouse and no other flow": {
        "connectors",
        "native",  # it cuts their pages
    },
    "Only columns, costs and warehouse open DuckDB among the flows": {
        "columns",
        "connectors",  # a contract of their own
        "costs",
        "warehouse",
    },
    "Steps are plain functions: only the two flow modules and the warm server know Prefect": {
        "platform",
        "sync",
        "warm",
    },
}


def children(package: str) -> set[str]:
    """The modules and packages directly in a package."""
    inside = [path for path in files() if path.parts[0] == package and path.suffix == ".py"]
    return {path.parts[1].removesuffix(".py") for path in inside} - {"__init__"}


@pytest.mark.parametrize(("name", "left_out"), LEFT_OUT.items())
def test_a_contract_about_the_flows_names_all_of_them(name: str, left_out: set[str]) -> None:
    [contract] = [each for each in CONTRACTS if each["name"] == name]
    named = [
        module.removeprefix("flows.")
        for key in ("source_modules", "protected_modules", "forbidden_modules")
        for module in contract.get(key, [])
        if module.startswith("flows.")
    ]

    assert set(named) - {"connectors"} == children("flows") - left_out - {"connectors"}


def test_the_admin_of_every_app_is_named_as_a_door() -> None:
    [contract] = [each for each in CONTRACTS if each["name"] == "No domain module knows the admin"]
    of_apps = {
        ".".join(path.with_suffix("").parts)
        for path in files()
        if path.parts[0] == "portal" and path.name.startswith("admin") and path.suffix == ".py"
    }

    assert of_apps <= set(contract["protected_modules"])


def test_every_app_is_named_where_duckdb_is_forbidden() -> None:
    named = {
        module.removeprefix("portal.")
        for each in CONTRACTS
        if "duckdb" in each.get("forbidden_modules", [])
        for module in each["source_modules"]
        if module.startswith("portal.")
    }

    assert named == children("portal") - {"publications", "urls"}  # urls gathers the doors

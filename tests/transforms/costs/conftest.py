"""The ledger's SQL is compiled once, and run on every account that a test writes down."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transforms.costs.recipe import Recipe, compiled


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's manifest of the ledger."""
    return compiled(tmp_path_factory.mktemp("compiled"))


@pytest.fixture(scope="session")
def recipe(project: dict[str, Any]) -> Recipe:
    return Recipe.of(project)

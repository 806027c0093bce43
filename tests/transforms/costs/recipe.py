"""The ledger's SQL as dbt compiles it, to be run on accounts that are written down in a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from tests.transforms.builds import TRANSFORMS

Row = tuple[Any, ...]
ENVIRONMENT = {"MERCURIOS_DBT_TARGET": "ledger", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def compiled(folder: Path) -> dict[str, Any]:
    """dbt's manifest with the SQL of every model and test of the ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--quiet", "compile"),
            *("--project-dir", str(TRANSFORMS), "--profiles-dir", str(TRANSFORMS)),
            *("--target-path", str(folder), "--log-path", str(folder / "logs")),
        ],
        env={
            **os.environ,
            **ENVIRONMENT,
            "MERCURIOS_WAREHOUSE_FILE": str(folder / "ledger.duckdb"),
        },
        check=True,
    )
    return dict(json.loads((folder / "manifest.json").read_text()))


@dataclass(frozen=True)
class Recipe:
    """`models` in the order in which they are built; `tests` by name: rows they find are wrong."""

    # hypothesis shows what failed with the recipe beside it, and refuses to show so much.
    models: tuple[tuple[str, str], ...] = field(repr=False)
    tests: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> Recipe:
        nodes = manifest["nodes"].values()
        models = {node["unique_id"]: node for node in nodes if node["resource_type"] == "model"}
        ordered: dict[str, dict[str, Any]] = {}
        while len(ordered) < len(models):
            for name, node in models.items():
                parents = {each for each in node["depends_on"]["nodes"] if each in models}
                if name not in ordered and parents <= ordered.keys():
                    ordered[name] = node
        return cls(
            models=tuple((_creation(node), node["compiled_code"]) for node in ordered.values()),
            tests={
                node["name"]: node["compiled_code"]
                for node in nodes
                if node["resource_type"] == "test"
            },
        )

    def build(self, account: duckdb.DuckDBPyConnection) -> None:
        """Build the ledger of an account whose `usage` is there, and test it."""
        for schema in ("costs_staging", "costs_steps", "costs"):
            account.execute(f"create schema {schema}")
        for creation, query in self.models:
            account.execute(f"{creation} as {query}")
        for name, query in self.tests.items():
            assert account.execute(query).fetchall() == [], name


def _creation(node: dict[str, Any]) -> str:
    return f"create {node['config']['materialized']} {node['relation_name']}"

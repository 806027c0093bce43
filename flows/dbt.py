"""The only module that runs dbt, and that reads what dbt writes down."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flows.held_back import held_back
from flows.settings import PROJECT
from flows.warehouse.warehouse import WarehouseBusy
from flows.warm.program import run

TRANSFORMS = PROJECT / "transforms"
# What dbt itself writes below the project is not part of it.
WRITTEN_BY_DBT = {"target", "logs", "dbt_packages"}
# The ledger of costs is in no retailer's warehouse: a change of it is no reason to rebuild one.
OF_COSTS = ("models/costs", "tests/costs", "macros/costs")
# DuckDB's words, when another process holds the file.
LOCKED = "Could not set lock on file"
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}


class TransformFailed(Exception):
    """A model or a test failed. Nothing is published: a wrong number is held back."""


@dataclass(frozen=True)
class Node:
    """What became of one model, seed or test."""

    name: str
    kind: str
    status: str
    seconds: float
    message: str = ""


@dataclass(frozen=True)
class View:
    """A model that is published, in the words of its own YAML."""

    name: str
    description: str
    columns: list[dict[str, str]]

    @property
    def types(self) -> dict[str, str]:
        return {column["name"]: column["type"] for column in self.columns}


def build(
    *,
    environment: dict[str, str],
    folder: Path,
    connectors: Collection[str],
    tables: list[str] | None,
    full_refresh: bool,
    frozen: Mapping[str, Any] | None = None,
) -> list[Node]:
    """Build and test the models that read these raw tables, or all of them.

    In a process of its own: dbt's adapters are global to one and hold on to the warehouse.

    :param folder: of the tenant, kept between runs: dbt parses again only what changed
    :param connectors: whose raw tables the warehouse has; models of others do not exist in it
    :param frozen: the fields of frozen streams, as `flows.transform` has them
    :raises TransformFailed: naming what failed first
    :raises WarehouseBusy: if another process holds the warehouse
    """
    arguments = _arguments(folder, tables, full_refresh)
    said: dict[str, Any] = {"connectors": sorted(connectors)}
    if frozen:
        said["frozen"] = frozen
    arguments += ["--vars", json.dumps(said)]
    return _run(arguments, environment=environment, folder=folder)


def build_costs(*, file: Path, folder: Path, memory: str) -> list[Node]:
    """Build and test the ledger of costs in a DuckDB file that nothing else uses.

    :param folder: the platform's own: there the project is another one, without retailers' models
    :param memory: what DuckDB may take, in its words
    :raises TransformFailed: naming what failed first, such as lines that do not sum to the bill
    """
    environment = {
        "MERCURIOS_DBT_TARGET": "ledger",
        "MERCURIOS_WAREHOUSE_FILE": str(file),
        "MERCURIOS_LEDGER_MEMORY": memory,
    }
    return _run(
        _arguments(folder, None, full_refresh=False), environment=environment, folder=folder
    )


def _run(arguments: list[str], *, environment: dict[str, str], folder: Path) -> list[Node]:
    results = folder / "target" / "run_results.json"
    results.unlink(missing_ok=True)
    done = run(
        "dbt.cli.main",
        arguments,
        environment={**_plain_environment(), **environment, **QUIET},
        folder=TRANSFORMS,
    )
    told = _results(results)
    _check(told, folder=folder, code=done.code, output=done.output)
    return [_node(result) for result in told]


def _check(told: list[dict[str, Any]], *, folder: Path, code: int, output: str) -> None:
    if LOCKED in output or any(LOCKED in (result["message"] or "") for result in told):
        raise WarehouseBusy(
            "Another run holds this tenant's warehouse. Start this one again after it."
        )
    if sentence := held_back(results=told, nodes=_manifest(folder)["nodes"] if told else {}):
        raise TransformFailed(sentence)
    if code != 0:
        raise TransformFailed(f"dbt could not run: {_last_lines(output)}")


def _plain_environment() -> dict[str, str]:
    """Ours without the worker's secrets: SQL and its macros can read the environment."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MERCURIOS_", "PREFECT_"))
    }


def _arguments(folder: Path, tables: list[str] | None, full_refresh: bool) -> list[str]:
    arguments = [
        *("--no-version-check", "--quiet", "--no-use-colors", "build"),
        *("--project-dir", str(TRANSFORMS), "--profiles-dir", str(TRANSFORMS)),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        # They test the SQL on made-up rows, not the tenant's data.
        *("--exclude-resource-type", "unit_test"),
    ]
    if full_refresh:
        arguments.append("--full-refresh")
    if tables is not None:
        arguments += ["--select", *(f"source:raw.{table}+" for table in tables)]
    return arguments


def published_views(folder: Path) -> list[View]:
    """The models marked `published: true`, as the last build of this tenant knew them."""
    return [
        View(
            name=node["name"],
            description=" ".join(node["description"].split()),
            columns=[
                {
                    "name": column["name"],
                    "type": column.get("data_type") or "",
                    "description": " ".join(column["description"].split()),
                }
                for column in node["columns"].values()
            ],
        )
        for node in _manifest(folder)["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["meta"].get("published")
    ]


@cache
def transforms_version() -> str:
    """A fingerprint of what retailers' warehouses are built by: another one asks for a rebuild."""
    digest = hashlib.sha256()
    for path in sorted(TRANSFORMS.rglob("*")):
        inside = path.relative_to(TRANSFORMS)
        if path.is_file() and inside.parts[0] not in WRITTEN_BY_DBT and not _is_of_costs(inside):
            digest.update(str(inside).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _is_of_costs(inside: Path) -> bool:
    return any(inside.is_relative_to(folder) for folder in OF_COSTS)


def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "target" / "manifest.json").read_text())
    return manifest


def _results(file: Path) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    if file.exists():
        results = json.loads(file.read_text())["results"]
    return results


def _node(result: dict[str, Any]) -> Node:
    return Node(
        name=result["unique_id"].split(".")[2],
        kind=result["unique_id"].split(".")[0],
        status=result["status"],
        seconds=round(result["execution_time"], 3),
        message=_first_line(result["message"] or ""),
    )


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:300] if lines else ""


def _last_lines(text: str) -> str:
    return " ".join(text.strip().splitlines()[-3:])[-600:]

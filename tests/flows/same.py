"""What two runs have published, in a form in which they can be compared."""

from __future__ import annotations

from typing import Any

import duckdb

from tests.flows.publications import current, lake_of, manifest_of
from tests.flows.watching import Watched

# Whose row it is, and when it came: these differ between any two runs.
OWN = {
    "tenant_id",
    "connection_id",
    "batch_id",
    "landed_at",
    "extracted_at",
    "valid_from",
    "valid_to",
}


def published(watched: Watched) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every view, sorted, without what belongs to one run."""
    desk, home = watched.desk, watched.home
    folder = lake_of(desk, home) / "publications" / current(desk, home)
    found = {}
    with duckdb.connect() as db:
        for view, told in manifest_of(desk, home)["views"].items():
            kept = [column["name"] for column in told["columns"] if column["name"] not in OWN]
            chosen = ", ".join(f'"{name}"' for name in kept)
            found[view] = db.execute(
                f"select {chosen} from read_parquet(?) order by all", [str(folder / told["file"])]
            ).fetchall()
    return found


def types(watched: Watched) -> dict[str, list[tuple[Any, ...]]]:
    desk, home = watched.desk, watched.home
    folder = lake_of(desk, home) / "publications" / current(desk, home)
    with duckdb.connect() as db:
        return {
            view: db.execute(
                "select column_name, column_type from (describe from read_parquet(?))",
                [str(folder / told["file"])],
            ).fetchall()
            for view, told in manifest_of(desk, home)["views"].items()
        }

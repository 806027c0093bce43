"""What is measured here, as inputs of the ledger: runs on the worker's own disk, and lakes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from flows.costs.views import EMBEDDED_VIEWS

Row = tuple[Any, ...]
ROWS_AT_ONCE = 50_000


def run_rows(runs: Iterable[dict[str, Any]]) -> Iterator[Row]:
    """One row for each step of a run and each model, in the order of `embedded_runs`.

    A model gets its share of the step's time by the clock; what is left, such as reading the
    project, stays with the step.

    :param runs: as the portal's `platform/usage` tells them
    """
    for run in runs:
        ended = datetime.fromisoformat(run["finished_at"]).astimezone(UTC).replace(tzinfo=None)
        whose = (run["run"], run["tenant"], run["connection"], ended)
        yield (*whose, "extract", "", _cpu(run["steps"].get("extract")), int(run["bytes_read"]))
        for name, step in run["steps"].items():
            if name != "extract":
                for model, seconds in _shares(step):
                    yield (*whose, name, model, seconds, 0)


def write_rows(view: str, rows: Iterable[Sequence[Any]], file: Path) -> Path:
    """Parquet with the columns of one of `EMBEDDED_VIEWS`."""
    columns = EMBEDDED_VIEWS[view].columns
    with duckdb.connect() as db:
        db.execute("create table held (" + ", ".join(map(" ".join, columns.items())) + ")")
        for some in _batched(rows, ROWS_AT_ONCE):
            named = [dict(zip(columns, row, strict=True)) for row in some]
            db.register("piece", pa.Table.from_pylist(named))
            db.execute("insert into held select * from piece")
        db.execute("copy held to $file (format parquet, compression zstd)", {"file": str(file)})
    return file


def _batched(rows: Iterable[Sequence[Any]], size: int) -> Iterator[list[Sequence[Any]]]:
    """Python 3.12 has one."""
    left = iter(rows)
    while some := list(islice(left, size)):
        yield some


def storage_rows(stored: dict[str, int], *, day: date) -> list[Row]:
    return [(day, tenant, size) for tenant, size in sorted(stored.items())]


def _shares(step: Any) -> Iterator[tuple[str, float]]:
    """By model, and the rest without a name."""
    cpu = rest = _cpu(step)
    models = step.get("models", {}) if isinstance(step, dict) else {}
    clock = max(sum(models.values()), _number(step, "seconds"))
    if clock > 0:
        for model, seconds in sorted(models.items()):
            share = cpu * seconds / clock
            rest -= share
            yield model, share
    yield "", max(rest, 0.0)


def _cpu(step: Any) -> float:
    return _number(step, "cpu_seconds")


def _number(step: Any, name: str) -> float:
    """A run may report less about a step than this, or something else."""
    said = step.get(name) if isinstance(step, dict) else None
    return max(float(said), 0.0) if isinstance(said, int | float) else 0.0

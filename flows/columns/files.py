"""The Parquet files of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from flows.columns.drift import Drift

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "256MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
ORIGIN = ("tenant_id", "connection_id", "batch_id", "extracted_at")


@dataclass(frozen=True)
class Origin:
    """Where and when the records of a batch were read: every row says it, wherever it is found."""

    tenant_id: str
    connection_id: str
    batch_id: str
    extracted_at: datetime


@dataclass(frozen=True)
class Columns:
    """The two files of a batch, as `flows.warehouse.Batch` describes them.

    `make` writes those that are not there yet, because nobody may want them: of a handful of
    records that are held already neither is needed, nor is a list of no rejects.
    `typed` is how its records are read as columns, where the stream names their fields.
    """

    file: Path
    rejects: Path
    drift: Drift = field(default_factory=Drift)
    typed: Any = None
    make: Callable[[], None] = lambda: None


class ParquetFile:
    """Written row group by row group. Its columns are texts, but for those named in `moments`.

    An empty one is written by DuckDB, which is there anyway: a run that finds nothing new is over
    before the Arrow library would have been imported.
    """

    def __init__(self, path: Path, columns: Sequence[str], *, origin: Origin | None = None) -> None:
        self.path = path
        self._origin = origin
        self._columns = ([*ORIGIN] if origin else []) + [*columns]
        self._writer: Any = None
        self._is_copied = False

    def write(self, columns: Mapping[str, Any], *, rows: int) -> None:
        """
        :param columns: an Arrow array for each column beside the origin
        """
        if not rows:
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = pa.schema([(name, _arrow_type(pa, name)) for name in self._columns])
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self.path,
                schema,
                compression="zstd",
                compression_level=1,
                # A payload is never the same as another: looking for that costs more than writing.
                use_dictionary=[name for name in self._columns if name != "payload"],
                write_statistics=[name for name in self._columns if name != "payload"],
            )
        values = {**self._origin_columns(pa, rows), **columns}
        arrays = [values[name] for name in self._columns]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=schema))

    @property
    def is_begun(self) -> bool:
        return self._writer is not None

    def copy(self, query: str) -> None:
        """Write what a query gives beside the origin: for what is not worth importing Arrow."""
        told = {name: getattr(self._origin, name) for name in ORIGIN} if self._origin else {}
        if told:
            told["extracted_at"] = _naive(told["extracted_at"])
        origin = "".join(
            f"cast({text(told[name])} as {_sql_type(name)}) as {name}, " for name in told
        )
        with engine() as db:
            db.execute(
                f"copy (select {origin} * from ({query}))"
                f" to {text(self.path)} (format parquet, compression zstd)"
            )
        self._is_copied = True

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def make(self) -> None:
        """Write it, with no rows, if it is not there."""
        if self._writer is not None or self._is_copied:
            return
        empty = ", ".join(f"cast(null as {_sql_type(name)}) as {name}" for name in self._columns)
        with engine() as db:
            db.execute(
                f"copy (select {empty} where false) to $target (format parquet)",
                {"target": str(self.path)},
            )
        self._is_copied = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _origin_columns(self, pa: Any, rows: int) -> dict[str, Any]:
        if self._origin is None:
            return {}
        told = vars(self._origin)
        texts = {
            name: pa.repeat(pa.scalar(told[name], type=pa.string()), rows)
            for name in ORIGIN
            if name != "extracted_at"
        }
        moment = _naive(self._origin.extracted_at)
        return texts | {"extracted_at": pa.repeat(pa.scalar(moment, type=pa.timestamp("us")), rows)}


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def engine() -> duckdb.DuckDBPyConnection:
    """A connection to the one engine of this process that holds no data."""
    opened = _engine().cursor()
    opened.execute("set TimeZone = 'UTC'")
    return opened


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config=SETTINGS)


def write_rejects(file: ParquetFile, rejects: Sequence[tuple[str, str]]) -> None:
    """Pairs of reason and text."""
    import pyarrow as pa

    reasons, texts = zip(*rejects, strict=True)
    columns = {"reason": pa.array(reasons, pa.string()), "payload": pa.array(texts, pa.string())}
    file.write(columns, rows=len(rejects))


def _arrow_type(pa: Any, name: str) -> Any:
    return pa.timestamp("us") if name.endswith("_at") else pa.string()


def _sql_type(name: str) -> str:
    return "timestamp" if name.endswith("_at") else "varchar"


def text(value: object) -> str:
    """A text of SQL."""
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'"

"""Rows of a Parquet file, some thousands at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from flows.connectors.files.place import FilesRefused
from flows.connectors.files.shape import Header, Record, Shape

_AT_ONCE = 2000


def parquet_rows(file: BinaryIO, *, shape: Shape, path: str) -> Iterator[tuple[int, Record]]:
    """The records with the numbers of their rows, from 1.

    :raises FilesRefused: if it is no whole Parquet file
    """
    import pyarrow
    import pyarrow.parquet

    row = 0
    try:
        table = pyarrow.parquet.ParquetFile(file)
        header = Header(table.schema_arrow.names, shape=shape, path=path)
        for batch in table.iter_batches(batch_size=_AT_ONCE):
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                row += 1
                yield row, header.record(values, row=row)
    except (pyarrow.ArrowException, OSError, OverflowError, ValueError):
        raise FilesRefused(
            f"{path} is no whole Parquet file. Write it again, and upload it as a whole."
        ) from None

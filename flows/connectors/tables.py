"""An answer that is a table (CSV, a workbook, Parquet) as a JSON list of records."""

from __future__ import annotations

from io import BytesIO

import msgspec

from flows.connectors.files.csv_file import csv_rows
from flows.connectors.files.parquet_file import parquet_rows
from flows.connectors.files.place import FilesRefused
from flows.connectors.files.shape import Shape
from flows.connectors.files.xlsx_file import xlsx_rows
from flows.connectors.formats import Records

_READERS = {"csv": csv_rows, "xlsx": xlsx_rows, "parquet": parquet_rows}


class TableInvalid(Exception):
    """It is not the table it should be; the text says where and why."""


def table_text(body: bytes, records: Records) -> bytes:
    """The rows as a JSON list; the first row names the fields.

    :raises TableInvalid: if it is torn, or its columns are not those the connector names
    """
    form = records.form or "csv"
    shape = Shape(
        form=form,
        columns=records.columns,
        delimiter=records.delimiter,
        encoding=records.encoding,
        sheet=records.sheet,
        decimal=records.decimal or ".",
        numbers=frozenset(records.numbers),
    )
    try:
        rows = _READERS[form](BytesIO(body), shape=shape, path="a table")
        return msgspec.json.encode([record for _, record in rows])
    except FilesRefused as refusal:
        raise TableInvalid(str(refusal)) from None

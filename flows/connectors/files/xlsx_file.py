"""Rows of a sheet of a workbook, read row by row."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from flows.connectors.files.place import FilesRefused
from flows.connectors.files.shape import Header, Record, Shape

# A workbook is a zip archive: what it says it unpacks to is looked at before it is unpacked.
_LARGEST_UNPACKED = 256 << 20
_MOST_PARTS = 10_000
_HIGHEST_RATIO = 200
_SMALL = 10 << 20
_ZEROS = re.compile(r"0{2,20}")


def xlsx_rows(file: BinaryIO, *, shape: Shape, path: str) -> Iterator[tuple[int, Record]]:
    """The records with the numbers of their rows, from 1 under the first one.

    :raises FilesRefused: if it is no whole workbook, or has no such sheet
    """
    from openpyxl import load_workbook

    _check_archive(file, path)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except Exception:  # noqa: BLE001 - openpyxl raises whatever its parsers do
        raise _torn(path) from None
    try:
        yield from _rows(_sheet(book, shape, path), shape, path)
    finally:
        book.close()


def _rows(sheet: Any, shape: Shape, path: str) -> Iterator[tuple[int, Record]]:
    rows = _values(sheet, path)
    header = Header(next(rows, ()), shape=shape, path=path)
    if not len(header):
        raise FilesRefused(f"{path} has no first row that names its columns. Add one.")
    for number, values in enumerate(rows, start=1):
        if any(value not in (None, "") for value in values):
            yield number, header.record(values, row=number)


def _values(sheet: Any, path: str) -> Iterator[Sequence[object]]:
    # Some programs write a size into the sheet that is not its size.
    sheet.reset_dimensions()
    rows = sheet.iter_rows()
    while True:
        try:
            cells = next(rows, None)
            if cells is None:
                return
            values = [_value(cell) for cell in cells]
        except Exception:  # noqa: BLE001 - openpyxl raises whatever its parsers do
            raise _torn(path) from None
        yield values


def _value(cell: Any) -> object:
    """A number as the workbook shows it: it counts with 15 digits, and keeps 19.99 as
    19.989999999999998; one that is shown with leading zeros, such as a postcode, keeps them.
    """
    value = cell.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if isinstance(value, float) and not (value.is_integer() and abs(value) < 1e15):
        return f"{value:.15g}"
    form = cell.number_format or ""
    zeros = len(form) if value >= 0 and _ZEROS.fullmatch(form) else 0
    return str(int(value)).zfill(zeros)


def _sheet(book: Any, shape: Shape, path: str) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if shape.sheet is None and sheets:
        return next(iter(sheets.values()))
    if shape.sheet not in sheets:
        raise FilesRefused(
            f"{path} has no sheet {shape.sheet or 'at all'}. It has: {', '.join(sheets) or 'none'}."
        )
    return sheets[shape.sheet]


def _check_archive(file: BinaryIO, path: str) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise _torn(path) from None
    file.seek(0)
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if (
        len(parts) > _MOST_PARTS
        or unpacked > _LARGEST_UNPACKED
        or (unpacked > _SMALL and unpacked > _HIGHEST_RATIO * max(packed, 1))
    ):
        raise FilesRefused(
            f"{path} unpacks to more than a workbook should. Save the sheet as CSV, or split it."
        )


def _torn(path: str) -> FilesRefused:
    return FilesRefused(
        f"{path} is no whole workbook: it may be cut off, have a password or be of an older kind. "
        "Save it as .xlsx without a password, and upload it again."
    )

"""Rows of a CSV file."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from flows.connectors.files.place import FilesRefused
from flows.connectors.files.shape import Header, Record, Shape

_LONGEST_VALUE = 1 << 20
_LONGEST_HEADER = 1 << 20
_OF_THE_WEB = ("<!doctype", "<html", "<?xml")
_SEPARATORS = ";,\t|"
_MARKED = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def csv_rows(file: BinaryIO, *, shape: Shape, path: str) -> Iterator[tuple[int, Record]]:
    """The records with the numbers of their rows, from 1 under the first one.

    :raises FilesRefused: naming the row that cannot be read
    """
    csv.field_size_limit(_LONGEST_VALUE)
    encoding = _encoding(file, shape)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    row = 0
    try:
        first = text.readline(_LONGEST_HEADER)
        if first.lstrip()[:9].casefold().startswith(_OF_THE_WEB):
            raise FilesRefused(f"{path} is a web page instead of a table. Save it as CSV again.")
        text.seek(0)
        separator = shape.delimiter or ("\t" if path.casefold().endswith(".tsv") else "")
        reader = csv.reader(text, delimiter=separator or _separator(first), strict=True)
        header = Header(next(reader, []), shape=shape, path=path)
        if not len(header):
            raise FilesRefused(f"{path} has no first row that names its columns. Add one.")
        for values in reader:
            if not values:
                continue
            row += 1
            if len(values) < len(header):
                raise FilesRefused(
                    f"{path}, row {row}: fewer values than the first row has names. The file may "
                    "be cut off: upload it again as a whole."
                )
            yield row, header.record(values, row=row)
    except csv.Error as error:
        raise FilesRefused(
            f"{path}, row {row + 1}: {error}. The file may be cut off, or a quotation mark is not "
            "closed: upload it again as a whole."
        ) from None
    except UnicodeError:
        raise FilesRefused(
            f'{path}, about row {row + 1}: it is not {encoding}. Save it as "CSV UTF-8", or '
            "enter its encoding at the connection."
        ) from None
    finally:
        text.detach()


def _encoding(file: BinaryIO, shape: Shape) -> str:
    start = file.read(4)
    file.seek(0)
    marked = next((encoding for mark, encoding in _MARKED if start.startswith(mark)), None)
    try:
        return marked or codecs.lookup(shape.encoding or "utf-8").name
    except LookupError:
        raise FilesRefused(
            f"There is no encoding {str(shape.encoding)[:30]}. Enter utf-8 or windows-1252."
        ) from None


def _separator(first: str) -> str:
    """What the first row has most of outside of quotation marks; a comma if none."""
    counted = dict.fromkeys(_SEPARATORS, 0)
    is_quoted = False
    for letter in first:
        if letter == '"':
            is_quoted = not is_quoted
        elif not is_quoted and letter in counted:
            counted[letter] += 1
    found = max(_SEPARATORS, key=lambda separator: counted[separator])
    return found if counted[found] else ","

"""Rows as CSV, JSON or a table of text. Decimals keep their digits in each of them."""

from __future__ import annotations

import csv
import io
import json
import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from portal.publications.query import Result

# A spreadsheet takes a text that starts like this for a formula and runs it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBERS = (int, float, Decimal)
CHUNK = 1_000
# Excel takes a file without this mark for Windows' own letters and spoils every umlaut.
BYTE_ORDER_MARK = "\ufeff"
MEMORY = 4_000_000


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """A complete CSV file at its beginning; closing it removes it."""
    file = SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        for piece in chain([BYTE_ORDER_MARK], as_csv(columns, rows)):
            file.write(piece.encode())
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """CSV in pieces, header first: comma, CRLF, quotes where needed, nothing for null."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([_unspreadable(name) for name in columns])
    for number, row in enumerate(rows, start=1):
        writer.writerow([_cell(value) for value in row])
        if number % CHUNK == 0:
            yield _drained(buffer)
    yield _drained(buffer)


def as_json(result: Result, *, publication: str) -> str:
    """One object: publication, columns with types, rows as lists, has_more.

    Decimals and times are texts, since JSON's readers make doubles of its numbers.
    """
    return json.dumps(
        {
            "publication": publication,
            "columns": [{"name": each.name, "type": each.type} for each in result.columns],
            "rows": [[_plain(value) for value in row] for row in result.rows],
            "has_more": result.has_more,
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def as_table(result: Result) -> str:
    """Columns of equal width, numbers to the right, for a terminal."""
    grid = [[_visible(each.name) for each in result.columns]]
    grid += [[_visible(_text(value)) for value in row] for row in result.rows]
    widths = [max(_width(cell) for cell in column) for column in zip(*grid, strict=True)]
    right = [any(isinstance(row[at], NUMBERS) for row in result.rows) for at in range(len(widths))]
    lines = ["  ".join(map(_padded, row, widths, right)).rstrip() for row in grid]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def _cell(value: Any) -> str:
    text = _text(value)
    return text if isinstance(value, NUMBERS) else _unspreadable(text)


def _unspreadable(text: str) -> str:
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def _text(value: Any) -> str:
    plain = _plain(value)
    match plain:
        case None:
            return ""
        case str():
            return plain
        case _:
            return json.dumps(plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """The value in JSON's own kinds."""
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return format(value, "f")
        case float():
            return value if math.isfinite(value) else str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case list() | tuple():
            return [_plain(each) for each in value]
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _visible(text: str) -> str:
    """Names come from tills: no control character of theirs reaches the terminal."""
    return "".join(
        f"\\x{ord(char):02x}" if unicodedata.category(char) in {"Cc", "Cf"} else char
        for char in text
    )


def _width(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    marks = sum(unicodedata.combining(char) > 0 for char in text)
    return len(text) + wide - marks


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _drained(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text

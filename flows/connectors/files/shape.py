"""How the rows of a file become records: names for its columns, and texts for its values.

A value stays what the file says. Numbers become text with their digits, a date and time becomes
ISO text, an empty cell of a workbook is null and an empty text of a CSV file is an empty text.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal

from flows.connectors.files.place import FilesRefused

OURS = ("_file", "_row", "_modified_at")
MOST_COLUMNS = 1000
_BLANKS = re.compile(r"[\s\u00a0\u202f]")
_COMMA = re.compile(r"([+-]?)(\d{1,3}(?:[.'\u2019]\d{3})+|\d+)(,\d+)?(-?)")
_POINT = re.compile(r"([+-]?)(\d{1,3}(?:[,'\u2019]\d{3})+|\d+)(\.\d+)?(-?)")
Record = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a connector says about a stream's files, with the connection's values filled in.

    :param columns: a name of a column to the name of its field; other columns keep their names
    :param numbers: fields whose texts are numbers written with `decimal`
    """

    form: str
    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    decimal: str = "."
    numbers: frozenset[str] = frozenset()


class Header:
    """The first row of a file.

    :raises FilesRefused: if it cannot name the columns, or lacks some of those the connector names
    """

    def __init__(self, names: Sequence[object], *, shape: Shape, path: str) -> None:
        texts = ["" if name is None else str(name).strip() for name in names]
        while texts and not texts[-1]:
            texts.pop()
        if len(texts) > MOST_COLUMNS:
            raise FilesRefused(
                f"{path} has more than {MOST_COLUMNS} columns. Is it the right file?"
            )
        if missing := sorted(name for name in shape.columns if name not in texts):
            raise FilesRefused(
                f"{path} has no column {', '.join(missing)}. Its first row must name the columns: "
                f"add {'it' if len(missing) == 1 else 'them'}, or take the file away."
            )
        fields = [
            shape.columns.get(name, name) or f"column_{number}"
            for number, name in enumerate(texts, start=1)
        ]
        if twice := sorted({name for name in fields if fields.count(name) > 1 or name in OURS}):
            raise FilesRefused(
                f"{path} names a column {', '.join(twice)} more than once, or as one of ours. "
                "Rename one of them."
            )
        self._fields = fields
        self._shape = shape
        self._path = path

    def __len__(self) -> int:
        return len(self._fields)

    def record(self, values: Sequence[object], *, row: int) -> Record:
        """
        :param row: number of the row, for the sentence
        :raises FilesRefused: if the row holds more than the header names
        """
        width = len(self._fields)
        if len(values) > width and any(value not in (None, "") for value in values[width:]):
            raise FilesRefused(
                f"{self._path}, row {row}: more values than the first row has names. Name every "
                "column, or put texts that hold the separator into quotation marks."
            )
        return {
            name: self._value(name, values[place] if place < len(values) else None)
            for place, name in enumerate(self._fields)
        }

    def _value(self, name: str, value: object) -> object:
        if isinstance(value, str) and name in self._shape.numbers:
            return number_text(value, decimal=self._shape.decimal)
        return plain(value)


def number_text(text: str, *, decimal: str) -> str:
    """A number as computers write it; what is not one in this spelling stays as it is.

    >>> number_text("1.234,50-", decimal=",")
    '-1234.50'
    """
    form = _COMMA if decimal == "," else _POINT
    found = form.fullmatch(_BLANKS.sub("", text))
    if found is None or (found[1] and found[4]):
        return text
    whole = re.sub(r"\D", "", found[2])
    sign = "-" if "-" in (found[1], found[4]) else ""
    return sign + whole + (found[3] or "").replace(",", ".")


def plain(value: object) -> object:
    """A value as JSON: text, null, or a list or object of these."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case bytes():
            return base64.b64encode(value).decode()
        case Mapping():
            return {str(name): plain(inner) for name, inner in value.items()}
        case Sequence():
            return [plain(inner) for inner in value]
        case _:
            return _moment_text(value) or str(value)


def _moment_text(value: object) -> str | None:
    match value:
        case datetime():
            moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            return moment.isoformat() + ("Z" if value.tzinfo else "")
        case date() | time():
            return value.isoformat()
        case _:
            return None

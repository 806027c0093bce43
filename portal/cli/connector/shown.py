"""Records of a source on a terminal, whatever is in them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

_LONGEST = 60
# More than these are shown one field a line, since nobody reads a table of forty columns.
_MOST_COLUMNS = 6


def as_table(records: Sequence[Any]) -> str:
    """Records as lines, or as columns where they have many fields."""
    wrapped = [each if isinstance(each, dict) else {"": each} for each in records]
    names = list(dict.fromkeys(name for each in wrapped for name in each))
    if len(names) <= _MOST_COLUMNS:
        table = Table(*(Column(Text(_clean(name))) for name in names))
        for each in wrapped:
            table.add_row(*(Text(_cell(each, name)) for name in names))
    else:
        table = Table(
            Column("Field", no_wrap=True), *(str(number + 1) for number in range(len(wrapped)))
        )
        for name in names:
            table.add_row(Text(_clean(name)), *(Text(_cell(each, name)) for each in wrapped))
    console = Console()
    with console.capture() as drawn:
        console.print(table)
    return drawn.get()


def _cell(record: dict[str, Any], name: str) -> str:
    """A field that is not there is empty; one that is null says so."""
    if name not in record:
        return ""
    value = record[name]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = _clean(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _clean(text: str) -> str:
    """Without what would move the cursor, colour the terminal or turn the line around."""
    return "".join("�" if unicodedata.category(each)[0] == "C" else each for each in text)

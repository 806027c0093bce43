"""What a statement answers: the columns and rows that a cursor would show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Answer:
    """Times are ISO texts; switches are the texts Snowflake writes, 'true' or 'Y'."""

    columns: list[str]
    rows: list[Row] = field(default_factory=list)

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def status(text: str = "Statement executed successfully.") -> Answer:
    return Answer(["status"], [(text,)])


def created(kind: str, name: str) -> Answer:
    return status(f"{kind.capitalize()} {name} successfully created.")


def already(name: str) -> Answer:
    return status(f"{name} already exists, statement succeeded.")


def dropped(name: str) -> Answer:
    return status(f"{name} successfully dropped.")


def already_dropped(name: str) -> Answer:
    return status(f"Drop statement executed successfully ({name} already dropped).")


def listing(columns: str, records: Iterable[dict[str, Any]]) -> Answer:
    """One row per record; a column that a record lacks is null."""
    names = columns.split()
    return Answer(names, [tuple(record.get(name) for name in names) for record in records])


def like(pattern: str, name: str) -> bool:
    """SHOW … LIKE does not look at the case."""
    expression = re.escape(pattern).replace("%", ".*").replace("_", ".")
    return re.fullmatch(expression, name, re.IGNORECASE | re.DOTALL) is not None

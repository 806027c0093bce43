"""The rows of one published view: chosen, ordered and cut by what a program asks for.

Names are compared with the manifest and quoted; values are read as the column's type and bound.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from portal.lib.errors import Refused
from portal.publications.manifest import Column, View
from portal.publications.reading import (
    MEMORY,
    SECONDS,
    PublicationBroken,
    Reading,
    first_line,
    interrupted_after,
)

OPERATORS = {"": "=", "gte": ">=", "lte": "<=", "in": "in"}
MOST_VALUES = 1_000
CHUNK = 1_000


@dataclass(frozen=True)
class Question:
    """What is asked of a view. `parameters` are the values its SQL names."""

    view: str
    fields: tuple[Column, ...]
    where: str
    order: str
    parameters: Mapping[str, Any]


def question(
    *,
    name: str,
    view: View,
    conditions: Mapping[str, str],
    fields: str = "",
    order_by: str = "",
) -> Question:
    """
    :param conditions: `column`, `column__gte`, `column__lte` or `column__in`, each with its text
    :param fields: names with commas between; none is all
    :param order_by: names with commas between, a hyphen before those that descend
    :raises Refused: naming what asks for a column there is not, or for a value it cannot have
    """
    columns = {column.name: column for column in view.columns}
    clauses: list[str] = []
    parameters: dict[str, Any] = {}
    for condition, text in conditions.items():
        column, operator = _split(condition, columns)
        values = _values(condition, text, column, several=operator == "in")
        marks = []
        for value in values:
            mark = f"p{len(parameters)}"
            parameters[mark] = value
            marks.append(f"${mark}")
        right = f"({', '.join(marks)})" if operator == "in" else marks[0]
        clauses.append(f'"{column.name}" {operator} {right}')
    chosen = [_known(each, columns, asker="fields") for each in _listed(fields)]
    return Question(
        view=name,
        fields=tuple(chosen) or view.columns,
        where=f" where {' and '.join(clauses)}" if clauses else "",
        order=_order(order_by, columns),
        parameters=parameters,
    )


def count(asked: Question, *, reading: Reading) -> int:
    sql = f'select count(*) from "{asked.view}"{asked.where}'  # noqa: S608 - names are known
    [(total,)] = _answers(reading, sql, asked.parameters)
    return int(total)


def rows(
    asked: Question, *, reading: Reading, limit: int | None = None, offset: int = 0
) -> Iterator[Sequence[Any]]:
    """The rows in their order, some at a time.

    :raises Refused: if it takes too much time or memory
    """
    names = ", ".join(f'"{column.name}"' for column in asked.fields)
    sql = f'select {names} from "{asked.view}"{asked.where}{asked.order}'  # noqa: S608 - known
    if limit is not None:
        sql += f" limit {int(limit)} offset {int(offset)}"
    yield from _answers(reading, sql, asked.parameters)


def _answers(reading: Reading, sql: str, parameters: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    try:
        with interrupted_after(reading.connection, seconds=SECONDS):
            found = reading.connection.execute(sql, dict(parameters))
            while part := found.fetchmany(CHUNK):
                yield from part
    except (duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
        raise Refused(
            f"This takes more than {SECONDS:g} seconds or {MEMORY} of memory. Ask for less at once."
        ) from error
    except duckdb.Error as error:
        raise PublicationBroken(f"The view cannot be read ({first_line(error)}).") from error


def _split(condition: str, columns: Mapping[str, Column]) -> tuple[Column, str]:
    if condition in columns:
        return columns[condition], OPERATORS[""]
    name, _, operator = condition.rpartition("__")
    if operator not in OPERATORS:
        name = condition
    return _known(name, columns, asker=condition), OPERATORS.get(operator, "=")


def _known(name: str, columns: Mapping[str, Column], *, asker: str) -> Column:
    if name not in columns:
        raise Refused(f"This view has no such column. It has {', '.join(columns)}.", field=asker)
    return columns[name]


def _order(order_by: str, columns: Mapping[str, Column]) -> str:
    """All columns come last, so that rows which are equal to the asker keep their place."""
    wanted: dict[str, str] = {}
    for each in _listed(order_by):
        column = _known(each.removeprefix("-"), columns, asker="order_by")
        wanted.setdefault(column.name, "desc" if each.startswith("-") else "asc")
    for name in columns:
        wanted.setdefault(name, "asc")
    return " order by " + ", ".join(f'"{name}" {way} nulls last' for name, way in wanted.items())


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _values(condition: str, text: str, column: Column, *, several: bool) -> list[Any]:
    texts = _several(condition, text) if several else [text]
    kind, _, _ = column.type.partition("(")
    if kind not in KINDS:
        raise Refused(f"{column.name} cannot be compared. Leave it out.", field=condition)
    read, form = KINDS[kind]
    try:
        return [read(each) for each in texts]
    except (ValueError, OverflowError) as error:
        raise Refused(f"Write {form}.", field=condition) from error


def _several(condition: str, text: str) -> list[str]:
    """Commas lie between the values; one with a comma inside stands in double quotes."""
    try:
        [values] = csv.reader([text.replace("\r", " ").replace("\n", " ")], strict=True)
    except (csv.Error, ValueError) as error:
        raise Refused(
            'Write values with commas between, "such, as" this one.', field=condition
        ) from error
    if not 1 <= len(values) <= MOST_VALUES:
        raise Refused(f"Give 1 to {MOST_VALUES} values.", field=condition)
    return values


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError("no text holds a zero byte")
    return text


def _integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise ValueError("not a whole number")
    return int(text)


def _decimal(text: str) -> Decimal:
    if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text):
        raise ValueError("not a decimal number")
    return Decimal(text)


def _date(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("not a date")
    return date.fromisoformat(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("times of publications are UTC, without a zone")
    return moment


def _boolean(text: str) -> bool:
    match text:
        case "true":
            return True
        case "false":
            return False
        case _:
            raise ValueError("neither true nor false")


WHOLE = (_integer, "a whole number, such as 42")
DECIMAL = (_decimal, "a decimal number, such as -12.50")
KINDS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "VARCHAR": (_text, "a text without zero bytes"),
    "BOOLEAN": (_boolean, "true or false"),
    "DATE": (_date, "a date, such as 2026-11-21"),
    "TIMESTAMP": (_moment, "a moment in UTC, such as 2026-11-21T05:15:23"),
    "TINYINT": WHOLE,
    "SMALLINT": WHOLE,
    "INTEGER": WHOLE,
    "BIGINT": WHOLE,
    "HUGEINT": WHOLE,
    "DECIMAL": DECIMAL,
    "DOUBLE": DECIMAL,
}

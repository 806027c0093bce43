"""Tables as they are shown: headings with definitions, cells already written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.pages import amounts
from portal.pages.page import Page


class Kind(StrEnum):
    TEXT = "text"
    MONEY = "money"
    QUANTITY = "quantity"
    PERCENT = "percent"
    DATE = "date"
    STATUS = "status"


NUMERIC = {Kind.MONEY, Kind.QUANTITY, Kind.PERCENT}


@dataclass(frozen=True)
class Column:
    """A column of a published view. `places`: always so many decimals, for averages."""

    name: str
    label: str
    kind: Kind = Kind.TEXT
    places: int | None = None


@dataclass(frozen=True)
class Heading:
    label: str
    definition: str
    is_number: bool
    href: str = ""
    sorted: str = ""  # "ascending", "descending" or neither


@dataclass(frozen=True)
class Cell:
    text: str
    is_number: bool = False
    status: str = ""


@dataclass(frozen=True)
class Pager:
    page: int
    pages: int
    rows: int
    previous_href: str
    next_href: str


@dataclass(frozen=True)
class Table:
    caption: str
    headings: list[Heading]
    rows: list[list[Cell]]
    empty: str = "There is nothing to show."
    pager: Pager | None = None
    is_folded: bool = False  # behind "Show as a table", for long ones below a chart
    is_titled: bool = False  # its caption is shown, not only read out


def headings(
    page: Page, view: str, columns: Sequence[Column], *, currency: str = ""
) -> list[Heading]:
    return [
        Heading(
            label=label_of(column, currency),
            definition=page.definition(view, column.name),
            is_number=column.kind in NUMERIC,
        )
        for column in columns
    ]


def label_of(column: Column, currency: str) -> str:
    return (
        f"{column.label} ({currency})" if column.kind == Kind.MONEY and currency else column.label
    )


def cells(columns: Sequence[Column], row: Mapping[str, Any]) -> list[Cell]:
    return [_cell(column, row[column.name]) for column in columns]


def _cell(column: Column, value: Any) -> Cell:
    match column.kind:
        case Kind.MONEY:
            return Cell(amounts.amount(value), is_number=True)
        case Kind.QUANTITY:
            return Cell(amounts.quantity(value, places=column.places), is_number=True)
        case Kind.PERCENT:
            return Cell(amounts.percent(value), is_number=True)
        case Kind.DATE:
            return Cell(amounts.day(value))
        case Kind.STATUS:
            return Cell(status_label(value), status=str(value or "").lower())
        case _:
            return Cell(amounts.NONE if value in (None, "") else str(value))


def status_label(status: str | None) -> str:
    return {"REORDER": "Reorder", "WARNING": "Warning", "OK": "OK"}.get(status or "", status or "")

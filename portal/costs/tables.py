"""A table of a page, which is a CSV file as well: values inside, texts at the door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html

from portal.runs.shown import label

MINUS = "\u2212"


class Kind(Enum):
    TEXT = "text"
    MONEY = "money"
    QUANTITY = "quantity"
    COUNT = "count"
    BYTES = "bytes"
    SHARE = "share"
    GAUGE = "gauge"  # a share that is filling up
    LABEL = "label"
    WORDS = "words"  # a sentence, which may take several lines


GAUGE = (
    '<span class="gauged"><span class="gauge" aria-hidden="true">'
    '<span class="{}" style="width: {}%"></span></span><span class="said">{}</span></span>'
)
# More than anybody reads on a page.
MOST_ROWS = 250
NUMBERS = frozenset({Kind.MONEY, Kind.QUANTITY, Kind.COUNT, Kind.BYTES, Kind.SHARE, Kind.GAUGE})


@dataclass(frozen=True)
class Column:
    """`name` is the column of the CSV file, `title` that of the page."""

    name: str
    title: str
    kind: Kind = Kind.TEXT
    hint: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS


@dataclass(frozen=True)
class Cell:
    """A value with more to it than its text: where it leads, or how it is marked."""

    value: Any
    link: str = ""
    variant: str = ""
    note: str = ""


@dataclass(frozen=True)
class Drawn:
    """A cell as the template writes it. `gauge` is how full it is, in per cent."""

    text: str
    cell: Cell
    kind: Kind
    gauge: int | None

    @property
    def classes(self) -> str:
        if self.kind == Kind.WORDS:
            return "wide"
        if self.kind not in NUMBERS:
            return ""
        return "number bad" if self.cell.variant == "bad" else "number"

    def html(self) -> str:
        """Not in a template of its own: a long table has thousands of cells."""
        if self.cell.link:
            return format_html('<a class="text-link" href="{}">{}</a>', self.cell.link, self.text)
        if self.gauge is not None:
            return format_html(GAUGE, "full" if self.gauge == 100 else "", self.gauge, self.text)
        if self.cell.variant and self.kind not in NUMBERS:
            return label(self.text, self.cell.variant)
        return self.text


@dataclass(frozen=True)
class Table:
    """`total` is a row of its own below the others; `note` is a sentence below the table."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    total: Sequence[Any] = ()
    note: str = ""
    empty: str = "There is nothing to show."
    is_long: bool = field(default=False, kw_only=True)

    def drawn_rows(self) -> list[list[Drawn]]:
        places = self.places()
        return [self._drawn(row, places) for row in self.rows[:MOST_ROWS]]

    def cut(self) -> str:
        """Says so where a page shows less than there is."""
        if len(self.rows) <= MOST_ROWS:
            return ""
        return f"The first {MOST_ROWS} of {len(self.rows):,} rows. The CSV file has all."

    def drawn_total(self) -> list[Drawn]:
        return self._drawn(self.total, self.places()) if self.total else []

    def places(self) -> int:
        """As many decimals as the largest amount of money asks for: a column has one number."""
        amounts = [
            abs(value)
            for row in [*self.rows, self.total]
            for column, cell in zip(self.columns, row, strict=False)
            if column.kind == Kind.MONEY and (value := plain(cell)) is not None
        ]
        return money_places(max(amounts, default=Decimal(0)))

    def for_csv(self) -> tuple[list[str], Iterable[list[Any]]]:
        return [each.name for each in self.columns], (
            [plain(cell) for cell in r] for r in self.rows
        )

    def _drawn(self, row: Sequence[Any], places: int) -> list[Drawn]:
        return [_cell(column, each, places) for column, each in zip(self.columns, row, strict=True)]


def plain(cell: Any) -> Any:
    return cell.value if isinstance(cell, Cell) else cell


def decimal_of(nanos: int) -> Decimal:
    """Exact: a billionth has nine decimals."""
    return Decimal(nanos).scaleb(-9)


def share_of(part: int, whole: int) -> Decimal | None:
    """In per cent; none where there is nothing to have a share of."""
    return Decimal(part) * 100 / whole if whole else None


def money_places(largest: Decimal) -> int:
    if largest >= 1 or not largest:
        return 2
    return 4 if largest >= Decimal("0.01") else 6


def money(amount: Decimal, places: int | None = None) -> str:
    """With a real minus sign; what is too small to be seen does not look like nothing."""
    shown = money_places(abs(amount)) if places is None else places
    text = f"{abs(amount):,.{shown}f}"
    if amount and not any(digit in "123456789" for digit in text):
        least = f"{Decimal(1).scaleb(-shown):f}"
        return f"> {MINUS}{least}" if amount < 0 else f"< {least}"
    return f"{MINUS}{text}" if amount < 0 else text


def money_of(nanos: int, places: int | None = None) -> str:
    return money(decimal_of(nanos), places)


def quantity(amount: Decimal) -> str:
    size = abs(amount)
    places = 0 if size >= 10_000 or not size else 1 if size >= 100 else 2 if size >= 1 else 4
    return f"{amount:,.{places}f}".replace("-", MINUS)


def quantity_of(nanos: int) -> str:
    return quantity(decimal_of(nanos))


def share(per_cent: Decimal | None) -> str:
    return "" if per_cent is None else f"{per_cent:.1f} %".replace("-", MINUS)


def _cell(column: Column, cell: Any, places: int) -> Drawn:
    whole = cell if isinstance(cell, Cell) else Cell(cell)
    text = _text(column.kind, whole.value, places)
    fills = column.kind == Kind.GAUGE and isinstance(whole.value, Decimal)
    gauge = max(0, min(100, round(whole.value))) if fills else None
    return Drawn(text, whole, column.kind, gauge)


def _text(kind: Kind, value: Any, places: int) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    match kind:
        case Kind.MONEY:
            return money(value, places) if value else "\u2013"
        case Kind.QUANTITY:
            return quantity(value) if value else "\u2013"
        case Kind.SHARE | Kind.GAUGE:
            return share(value)
        case Kind.COUNT:
            return f"{value:,}"
        case Kind.BYTES:
            return str(filesizeformat(value)) if value else "\u2013"
        case _:
            return str(value)

"""A published view as a table that can be sorted, searched and paged by its address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from portal.pages.page import Page
from portal.pages.tables import NUMERIC, Column, Heading, Pager, Table, cells, headings

ROWS = 50


@dataclass(frozen=True)
class Listing:
    """`key` makes the order complete, so that no row is on two pages or on none."""

    view: str
    key: str
    columns: tuple[Column, ...]
    sort: str
    caption: str
    search: tuple[str, ...] = ()

    def sorts(self) -> set[str]:
        names = {column.name for column in self.columns}
        return names | {f"-{name}" for name in names}


@dataclass(frozen=True)
class Part:
    """Which rows: our own conditions with their parameters, and the currency of all of them."""

    conditions: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    currency: str = ""
    page_parameter: str = "page"


def listed(page: Page, listing: Listing, part: Part) -> Table:
    conditions, parameters = _narrowed(page, listing, part)
    where = f" where {' and '.join(conditions)}" if conditions else ""
    # Views, columns and conditions are ours; what the reader typed is a parameter.
    count = page.reading.one(f"select count(*) as n from {listing.view}{where}", parameters)["n"]  # noqa: S608
    pages = max(1, -(-count // ROWS))
    number = min(page.asked.page(part.page_parameter), pages)
    sort = page.asked.choice("sort", listing.sorts(), listing.sort)
    names = ", ".join(column.name for column in listing.columns)
    rows = page.reading.rows(
        f"select {names} from {listing.view}{where}"  # noqa: S608 - as above
        f" order by {_order(sort)}, {listing.key} limit {ROWS} offset {ROWS * (number - 1)}",
        parameters,
    )
    return Table(
        caption=listing.caption,
        headings=_headings(page, listing, part.currency, sort),
        rows=[cells(listing.columns, row) for row in rows],
        empty="Nothing matches. Change the search or the filter.",
        pager=_pager(page, part.page_parameter, number, pages, count),
    )


def _narrowed(page: Page, listing: Listing, part: Part) -> tuple[list[str], dict[str, Any]]:
    conditions, parameters = list(part.conditions), dict(part.parameters)
    if part.currency:
        conditions.append("currency = $currency")
        parameters["currency"] = part.currency
    if listing.search and (words := page.asked.text("q")):
        fields = " || ' ' || ".join(f"coalesce({name}, '')" for name in listing.search)
        conditions.append(f"contains(lower({fields}), lower($words))")
        parameters["words"] = words
    return conditions, parameters


def _order(sort: str) -> str:
    return f"{sort.lstrip('-')} {'desc' if sort.startswith('-') else 'asc'} nulls last"


def _headings(page: Page, listing: Listing, currency: str, sort: str) -> list[Heading]:
    found = []
    plain = headings(page, listing.view, listing.columns, currency=currency)
    for column, heading in zip(listing.columns, plain, strict=True):
        is_sorted = sort.lstrip("-") == column.name
        descends = sort.startswith("-")
        # A first click shows the largest numbers, but names from A on; a second turns it around.
        starts_down = column.kind in NUMERIC
        next_down = not descends if is_sorted else starts_down
        found.append(
            Heading(
                label=heading.label,
                definition=heading.definition,
                is_number=heading.is_number,
                href=page.asked.href(sort=f"{'-' if next_down else ''}{column.name}"),
                sorted=("descending" if descends else "ascending") if is_sorted else "",
            )
        )
    return found


def _pager(page: Page, parameter: str, number: int, pages: int, count: int) -> Pager:
    def href(to: int) -> str:
        return page.asked.href(**{parameter: str(to)}) if 1 <= to <= pages else ""

    return Pager(
        page=number,
        pages=pages,
        rows=count,
        previous_href=href(number - 1),
        next_href=href(number + 1),
    )

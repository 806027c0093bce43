"""The right answers: every figure the platform shows, added up line by line in whole cents.

Nothing here is shared with the platform. Lines marked as deleted do not count; categories keep
counting when their article is deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from tests.simulators.prohandel.catalogue import Catalogue
from tests.simulators.prohandel.moments import date_text
from tests.simulators.prohandel.retailer import Retailer
from tests.simulators.prohandel.sales import Line
from tests.simulators.prohandel.tax_rates import STANDARD, net_cents, rate

_UNKNOWN = "Unknown"
Report = dict[str, object]


class Figures:
    """Sums over lines, in cents and pieces."""

    __slots__ = (
        "cost", "discount", "lines", "net", "quantity", "receipts", "returned_amount",
        "returned_quantity", "revenue", "sales",
    )  # fmt: skip

    def __init__(self) -> None:
        self.lines = self.quantity = self.returned_quantity = 0
        self.revenue = self.net = self.discount = self.cost = self.returned_amount = 0
        self.receipts = self.sales = 0

    def add(self, line: Line, net: int) -> None:
        self.lines += 1
        self.quantity += line.quantity
        self.revenue += line.paid
        self.net += net
        self.discount += line.discount + line.quantity * line.goods.deduction
        self.cost += line.quantity * line.goods.purchase
        if line.quantity < 0:
            self.returned_quantity -= line.quantity
            self.returned_amount -= line.paid

    def report(self) -> Report:
        return {
            "lines": self.lines,
            "quantity": self.quantity,
            "revenue": money(self.revenue),
            "net": money(self.net),
            "tax": money(self.revenue - self.net),
            "discount": money(self.discount),
            "cost": money(self.cost),
            "returned_quantity": self.returned_quantity,
            "returned_amount": money(self.returned_amount),
            "receipts": self.receipts,
            "receipts_with_sale": self.sales,
        }


class Account:
    """All figures in one currency."""

    def __init__(self) -> None:
        self.total = Figures()
        self.by_date: defaultdict[str, Figures] = defaultdict(Figures)
        self.by_date_and_category: defaultdict[str, defaultdict[str, Figures]] = defaultdict(
            lambda: defaultdict(Figures)
        )
        self.by_shop: defaultdict[str, Figures] = defaultdict(Figures)
        self.by_product: defaultdict[str, Figures] = defaultdict(Figures)
        self.by_customer: defaultdict[str, Figures] = defaultdict(Figures)

    def figures(self, line: Line, category: str) -> Iterator[Figures]:
        """Everything a line counts towards. Anonymous shoppers are no customer."""
        day = date_text(line.receipt.day)
        yield self.total
        yield self.by_date[day]
        yield self.by_date_and_category[day][category]
        yield self.by_shop[str(line.receipt.shop.number)]
        yield self.by_product[str(line.goods.article)]
        if line.receipt.customer:
            yield self.by_customer[str(line.receipt.customer)]

    def report(self) -> Report:
        by_category = self.by_date_and_category.items()
        return {
            "total": self.total.report(),
            "by_date": _reports(self.by_date),
            "by_date_and_category": {day: _reports(figures) for day, figures in by_category},
            "by_shop": _reports(self.by_shop),
            "by_product": _reports(self.by_product),
            "by_customer": _reports(self.by_customer),
        }


def truth(retailer: Retailer) -> Report:
    accounts: defaultdict[str, Account] = defaultdict(Account)
    newest = 0
    # A receipt's lines follow each other, so it is counted once without remembering them all.
    for _, lines in groupby(_counted(retailer), key=lambda line: line.receipt.id):
        newest = max(newest, _add_receipt(accounts, lines, retailer))
    return {
        "company": retailer.plan.name,
        "today": date_text(retailer.today),
        "report_date": date_text(newest) if newest else None,
        "records": {name: stream.count for name, stream in sorted(retailer.streams.items())},
        "currencies": {name: account.report() for name, account in sorted(accounts.items())},
        "stock": _stock(retailer),
    }


def money(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _counted(retailer: Retailer) -> Iterator[Line]:
    lines = map(retailer.sales.line, range(retailer.sales.count))
    return (line for line in lines if not line.is_deleted)


def _add_receipt(
    accounts: defaultdict[str, Account], lines: Iterable[Line], retailer: Retailer
) -> int:
    """Count one receipt's lines, and the receipt once wherever it shows up; answers its day."""
    met: set[Figures] = set()
    met_with_sale: set[Figures] = set()
    day = 0
    for line in lines:
        shop = line.receipt.shop
        day = line.receipt.day
        category, tax_number = _category(retailer.catalogue, line)
        per_mille = rate(shop.country, tax_number, day)
        net = net_cents(gross_cents=line.paid, per_mille=per_mille)
        account = accounts[shop.currency or retailer.plan.currency]
        for figures in account.figures(line, category):
            figures.add(line, net)
            met.add(figures)
            if line.quantity > 0:
                met_with_sale.add(figures)
    for figures in met:
        figures.receipts += 1
    for figures in met_with_sale:
        figures.sales += 1
    return day


def _category(catalogue: Catalogue, line: Line) -> tuple[str, int]:
    index = line.goods.article_index
    if index < 0:
        return _UNKNOWN, STANDARD
    category = catalogue.category(catalogue.goods(index))
    return category.name, category.tax_number


def _stock(retailer: Retailer) -> dict[str, int]:
    """Pieces per product over all its sizes and shops that are not deleted."""
    stock: dict[str, int] = {}
    sizes = retailer.sizes
    for index in range(sizes.table.count):
        if not sizes.is_deleted(index):
            product = str(sizes.article_number(index))
            stock[product] = stock.get(product, 0) + sizes.on_hand(index)
    return stock


def _reports(figures: Mapping[str, Figures]) -> dict[str, Report]:
    return {key: figures[key].report() for key in sorted(figures)}

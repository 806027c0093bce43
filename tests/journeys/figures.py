"""What was published and what is true, in one form: `{group: amount}`, amounts as plain text.

The published rows are read through the REST API and added up here, so that nothing of ours but
the API stands between the figures and the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import requests

Row = dict[str, Any]
Figures = dict[str, str]


@dataclass(frozen=True)
class Api:
    """The REST API with one key."""

    url: str
    key: str

    def get(self, path: str, **query: Any) -> requests.Response:
        return requests.get(
            f"{self.url}/api/v1/{path}",
            params=query,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=30,
        )

    def rows(self, tenant: str, view: str, *, publication: str = "current") -> list[Row]:
        """All rows of a published view, page by page."""
        found: list[Row] = []
        path = f"tenants/{tenant}/publications/{publication}/{view}"
        while True:
            page = len(found) // 1000 + 1
            answer = self.get(path, page=page, page_size=1000)
            assert answer.status_code == 200, answer.text
            said = answer.json()
            found += said["results"]
            if len(found) >= said["total"]:
                return found


class Publication:
    """The views of a publication, each read once."""

    def __init__(self, api: Api, tenant: str, publication: str = "current") -> None:
        self._read: Callable[[str], list[Row]] = lambda view: api.rows(
            tenant, view, publication=publication
        )

    @cached_property
    def days(self) -> list[Row]:
        return self._read("daily_sales_summary")

    @cached_property
    def shops(self) -> list[Row]:
        return self._read("shop_performance")

    @cached_property
    def products(self) -> list[Row]:
        return self._read("product_performance")

    @cached_property
    def customers(self) -> list[Row]:
        return self._read("customer_insights")

    @cached_property
    def stock(self) -> list[Row]:
        return self._read("inventory_status")

    @cached_property
    def dashboard(self) -> list[Row]:
        return self._read("business_dashboard")


def published(publication: Publication) -> dict[str, Figures]:
    """Every figure that the truth knows as well, by name."""
    return {name: take(publication) for name, take in PUBLISHED.items()}


def true(truth: dict[str, Any]) -> dict[str, Figures]:
    return {
        name: {key: plain(value) for key, value in take(truth).items()}
        for name, take in TRUE.items()
    }


def plain(number: Any) -> str:
    """The same number as the same text: 12.000 and 12 are one."""
    value = Decimal(str(number))
    return format(value.normalize(), "f") if value else "0"


def added(rows: Iterable[Row], amount: str, *by: str) -> Figures:
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row[amount] is not None:
            group = " ".join(str(row[name]) for name in by)
            sums[group] = sums.get(group, Decimal()) + Decimal(str(row[amount]))
    return {group: plain(value) for group, value in sums.items()}


PUBLISHED: dict[str, Callable[[Publication], Figures]] = {
    "revenue": lambda p: added(p.days, "total_amount", "currency"),
    "net": lambda p: added(p.days, "net_amount", "currency"),
    "tax": lambda p: added(p.days, "tax_amount", "currency"),
    "discount": lambda p: added(p.days, "discount_amount", "currency"),
    "cost": lambda p: added(p.days, "cost_amount", "currency"),
    "quantity": lambda p: added(p.days, "total_quantity", "currency"),
    "returned": lambda p: added(p.days, "returned_amount", "currency"),
    "revenue by day": lambda p: added(p.days, "total_amount", "sale_date"),
    "net by day and category": lambda p: added(
        p.days, "net_amount", "sale_date", "product_category"
    ),
    "receipts by day and category": lambda p: added(
        p.days, "order_count", "sale_date", "product_category"
    ),
    "revenue by shop": lambda p: added(p.shops, "total_revenue", "shop_id"),
    "receipts by shop": lambda p: added(p.shops, "total_sales", "shop_id"),
    "revenue by product": lambda p: added(p.products, "total_revenue", "product_id"),
    "quantity by product": lambda p: added(p.products, "total_quantity_sold", "product_id"),
    "revenue by customer": lambda p: added(p.customers, "total_spent", "customer_id"),
    "stock": lambda p: added(p.stock, "current_stock_level", "product_id"),
    "until": lambda p: {"day": max(row["report_date"] for row in p.dashboard).replace("-", "")},
}


def _total(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda truth: {
        currency: said["total"][name] for currency, said in truth["currencies"].items()
    }


def _by(group: str, name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda truth: {
        key: said[name] for key, said in truth["currencies"]["EUR"][group].items()
    }


def _by_category(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda truth: {
        f"{day} {category}": said[name]
        for day, categories in truth["currencies"]["EUR"]["by_date_and_category"].items()
        for category, said in categories.items()
    }


TRUE: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "revenue": _total("revenue"),
    "net": _total("net"),
    "tax": _total("tax"),
    "discount": _total("discount"),
    "cost": _total("cost"),
    "quantity": _total("quantity"),
    "returned": _total("returned_amount"),
    "revenue by day": _by("by_date", "revenue"),
    "net by day and category": _by_category("net"),
    "receipts by day and category": _by_category("receipts"),
    "revenue by shop": _by("by_shop", "revenue"),
    "receipts by shop": _by("by_shop", "receipts_with_sale"),
    "revenue by product": _by("by_product", "revenue"),
    "quantity by product": _by("by_product", "quantity"),
    "revenue by customer": _by("by_customer", "revenue"),
    "stock": lambda truth: truth["stock"],
    "until": lambda truth: {"day": truth["report_date"].replace("-", "")},
}

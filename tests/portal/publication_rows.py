"""Rows of an invented retailer, the same each time: a year and a half of sales, two currencies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

CENT = Decimal("0.01")
LAST_DAY = date(2026, 11, 20)
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"

CATEGORIES = {"Dresses": 0.26, "Shoes": 0.22, "Knitwear": 0.19, "Trousers": 0.15, "Bags": 0.1}
CATEGORIES |= {"Accessories": 0.05, "Unknown": 0.03}
GOODS = ("Coat", "Shirt", "Dress", "Boots", "Scarf", "Jumper", "Skirt", "Bag", "Belt", "Blazer")
MAKES = ("Alster", "Elbe", "Brook", "Harbour", "Linden", "Marie", "Nord", "Pier", "Quay", "Tide")
SHOPS = (
    ("1", "Flagship Jungfernstieg", "Hamburg"),
    ("2", "Altona", "Hamburg"),
    ("3", "Eppendorf", "Hamburg"),
    ("4", "Lübeck Breite Straße", "Lübeck"),
    ("5", "Kiel", "Kiel"),
    ("6", "Online shop", None),
)


def retailer_rows(*, seed: int = 7, currencies: Sequence[str] = ("EUR",)) -> dict[str, list[Any]]:
    """Rows for all six published views."""
    random = Random(seed)
    rows: dict[str, list[Any]] = {"inventory_status": _stock(random)}
    for currency in currencies:
        for view, make in MAKERS.items():
            rows.setdefault(view, []).extend(make(random, currency))
    return rows


def _money(value: float) -> Decimal:
    return Decimal(value).quantize(CENT)


def _days(random: Random, currency: str) -> list[dict[str, Any]]:
    rows = []
    for back in range(540):
        day = LAST_DAY - timedelta(days=back)
        if day.weekday() == 6:
            continue
        level = 9000 * (1.5 if day.weekday() == 5 else 1) * (1.35 if day.month in {11, 12} else 1)
        for category, share in CATEGORIES.items():
            gross = _money(level * share * random.uniform(0.6, 1.4))
            net = _money(float(gross) / 1.19)
            cost = _money(float(net) * 0.52)
            rows.append(
                {
                    "sale_date": day,
                    "product_category": category,
                    "currency": currency,
                    "total_quantity": int(gross / 60) + 1,
                    "total_amount": gross,
                    "net_amount": net,
                    "tax_amount": gross - net,
                    "discount_amount": _money(float(gross) * 0.04),
                    "cost_amount": cost,
                    "gross_profit": net - cost,
                    "returned_quantity": 2,
                    "returned_amount": _money(float(gross) * 0.06),
                    "order_count": int(gross / 95) + 1,
                    "customer_count": int(gross / 180),
                }
            )
    return rows


def _products(random: Random, currency: str) -> list[dict[str, Any]]:
    rows = []
    for number in range(130):
        name = f"{MAKES[number % 10]} {GOODS[number // 13]} {number:03}"
        revenue = _money(48000 / (number + 3) * random.uniform(0.8, 1.2))
        net = _money(float(revenue) / 1.19)
        profit = _money(float(net) * random.uniform(0.3, 0.6))
        rows.append(
            {
                "product_id": str(100_000 + number),
                "product_name": HOSTILE if number == 4 else name,
                "category": list(CATEGORIES)[number % 6],
                "currency": currency,
                "total_quantity_sold": int(revenue / 79) + 1,
                "total_revenue": revenue,
                "net_revenue": net,
                "total_cost": net - profit,
                "gross_profit": profit,
                "profit_margin": profit / net,
                "returned_quantity": random.randint(0, 9),
                "order_count": int(revenue / 85) + 1,
                "average_unit_price": _money(random.uniform(19, 299)),
                "revenue_rank_in_category": number // 6 + 1,
                "first_sale_date": LAST_DAY - timedelta(days=400),
                "last_sale_date": LAST_DAY - timedelta(days=random.randint(0, 60)),
            }
        )
    return rows


def _stock(random: Random) -> list[dict[str, Any]]:
    rows = []
    for number in range(130):
        level = random.randint(0, 60)
        per_day = Decimal(random.randint(0, 90)) / 90
        point = int(per_day * 21) + 1 if per_day else 5
        status = "REORDER" if level <= point else "WARNING" if level <= 1.5 * point else "OK"
        rows.append(
            {
                "snapshot_date": LAST_DAY,
                "product_id": str(100_000 + number),
                "product_name": f"{MAKES[number % 10]} {GOODS[number // 13]} {number:03}",
                "category": list(CATEGORIES)[number % 6],
                "supplier_id": str(number % 4),
                "supplier_name": ("Nordtuch", "Brink & Sons", "Atelier Elbe", None)[number % 4],
                "current_stock_level": level,
                "quantity_on_approval": number % 3,
                "average_daily_sales": round(per_day, 4),
                "reorder_point": point,
                "stock_status": status,
                "days_of_supply": round(level / per_day, 1) if per_day else None,
                "stock_value": _money(level * random.uniform(9, 120)),
                "currency": "EUR",
                "last_restock_date": LAST_DAY - timedelta(days=random.randint(1, 90)),
            }
        )
    return rows


def _shops(random: Random, currency: str) -> list[dict[str, Any]]:
    rows = []
    for place, (number, name, city) in enumerate(SHOPS):
        revenue = _money(1_400_000 / (place + 1.4) * random.uniform(0.9, 1.1))
        net = _money(float(revenue) / 1.19)
        rows.append(
            {
                "shop_id": number,
                "shop_name": name,
                "city": city,
                "country": "DE",
                "currency": currency,
                "total_sales": int(revenue / 96),
                "total_items_sold": int(revenue / 61),
                "total_revenue": revenue,
                "net_revenue": net,
                "gross_profit": _money(float(net) * 0.46),
                "avg_sale_value": _money(96),
                "unique_customers": int(revenue / 400),
                "returned_amount": _money(float(revenue) * 0.06),
                "first_sale_date": LAST_DAY - timedelta(days=539),
                "last_sale_date": LAST_DAY,
            }
        )
    return rows


def _customers(random: Random, currency: str) -> list[dict[str, Any]]:
    rows = []
    for number in range(320):
        orders = random.randint(1, 14)
        spent = _money(orders * random.uniform(12, 240))
        last = random.randint(0, 300)
        rows.append(
            {
                "customer_id": str(7000 + number),
                "currency": currency,
                "total_orders": orders,
                "total_spent": spent,
                "first_purchase_date": LAST_DAY - timedelta(days=last + 20 * orders),
                "last_purchase_date": LAST_DAY - timedelta(days=last),
                "customer_lifetime_days": 20 * orders,
                "average_order_value": _money(float(spent) / orders),
                "days_since_last_purchase": last,
                "is_staff": number % 40 == 0,
                "is_deleted": False,
            }
        )
    return rows


def _headline(random: Random, currency: str) -> list[dict[str, Any]]:
    best = [
        {"product_id": "100000", "product_name": "Alster Coat 000", "revenue": "9120.50"},
        {"product_id": "100001", "product_name": "Elbe Coat 001", "revenue": "7340.00"},
        {"product_id": "100004", "product_name": HOSTILE, "revenue": "5210.90"},
        {"product_id": "100003", "product_name": "Harbour Coat 003", "revenue": "4875.25"},
        {"product_id": "100005", "product_name": "Marie Coat 005", "revenue": "3998.00"},
    ]
    return [
        {
            "report_date": LAST_DAY,
            "currency": currency,
            "sales_7d": "84210.55",
            "sales_previous_7d": "79118.20",
            "sales_30d": "341882.10",
            "sales_previous_30d": "362019.75",
            "orders_30d": 3612,
            "orders_previous_30d": 3544,
            "average_order_value_30d": "94.65",
            "average_order_value_previous_30d": "102.15",
            "active_customers_30d": 1204,
            "active_customers_previous_30d": 1204,
            "gross_profit_30d": "136752.84",
            "gross_profit_previous_30d": "139010.02",
            "products_to_reorder": 31,
            "top_performing_products": json.dumps(best),
        }
    ]


MAKERS = {
    "daily_sales_summary": _days,
    "product_performance": _products,
    "shop_performance": _shops,
    "customer_insights": _customers,
    "business_dashboard": _headline,
}

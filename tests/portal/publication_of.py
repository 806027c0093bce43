"""Writes a real publication, Parquet and manifest, from a few rows, as the flows would."""

from __future__ import annotations

import atexit
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import duckdb

MONEY = "DECIMAL(18,2)"
QUANTITY = "DECIMAL(18,3)"
Row = Mapping[str, Any]

# The columns of the published views in their order, each with its type.
VIEWS: dict[str, dict[str, str]] = {
    "daily_sales_summary": {
        "tenant_id": "VARCHAR",
        "sale_date": "DATE",
        "product_category": "VARCHAR",
        "currency": "VARCHAR",
        "total_quantity": QUANTITY,
        "total_amount": MONEY,
        "net_amount": MONEY,
        "tax_amount": MONEY,
        "discount_amount": MONEY,
        "cost_amount": MONEY,
        "gross_profit": MONEY,
        "returned_quantity": QUANTITY,
        "returned_amount": MONEY,
        "order_count": "BIGINT",
        "customer_count": "BIGINT",
    },
    "customer_insights": {
        "tenant_id": "VARCHAR",
        "customer_id": "VARCHAR",
        "currency": "VARCHAR",
        "total_orders": "BIGINT",
        "total_spent": MONEY,
        "first_purchase_date": "DATE",
        "last_purchase_date": "DATE",
        "customer_lifetime_days": "BIGINT",
        "average_order_value": MONEY,
        "days_since_last_purchase": "BIGINT",
        "is_staff": "BOOLEAN",
        "is_deleted": "BOOLEAN",
    },
    "product_performance": {
        "tenant_id": "VARCHAR",
        "product_id": "VARCHAR",
        "product_name": "VARCHAR",
        "category": "VARCHAR",
        "currency": "VARCHAR",
        "total_quantity_sold": QUANTITY,
        "total_revenue": MONEY,
        "net_revenue": MONEY,
        "total_cost": MONEY,
        "gross_profit": MONEY,
        "profit_margin": "DECIMAL(9,4)",
        "returned_quantity": QUANTITY,
        "order_count": "BIGINT",
        "average_unit_price": MONEY,
        "revenue_rank_in_category": "BIGINT",
        "first_sale_date": "DATE",
        "last_sale_date": "DATE",
    },
    "inventory_status": {
        "snapshot_date": "DATE",
        "tenant_id": "VARCHAR",
        "product_id": "VARCHAR",
        "product_name": "VARCHAR",
        "category": "VARCHAR",
        "supplier_id": "VARCHAR",
        "supplier_name": "VARCHAR",
        "current_stock_level": QUANTITY,
        "quantity_on_approval": QUANTITY,
        "average_daily_sales": "DECIMAL(18,4)",
        "reorder_point": "BIGINT",
        "stock_status": "VARCHAR",
        "days_of_supply": "DECIMAL(18,1)",
        "stock_value": MONEY,
        "currency": "VARCHAR",
        "last_restock_date": "DATE",
    },
    "shop_performance": {
        "tenant_id": "VARCHAR",
        "shop_id": "VARCHAR",
        "shop_name": "VARCHAR",
        "city": "VARCHAR",
        "country": "VARCHAR",
        "currency": "VARCHAR",
        "total_sales": "BIGINT",
        "total_items_sold": QUANTITY,
        "total_revenue": MONEY,
        "net_revenue": MONEY,
        "gross_profit": MONEY,
        "avg_sale_value": MONEY,
        "unique_customers": "BIGINT",
        "returned_amount": MONEY,
        "first_sale_date": "DATE",
        "last_sale_date": "DATE",
    },
    "business_dashboard": {
        "report_date": "DATE",
        "tenant_id": "VARCHAR",
        "currency": "VARCHAR",
        "sales_7d": MONEY,
        "sales_previous_7d": MONEY,
        "sales_30d": MONEY,
        "sales_previous_30d": MONEY,
        "orders_30d": "BIGINT",
        "orders_previous_30d": "BIGINT",
        "average_order_value_30d": MONEY,
        "average_order_value_previous_30d": MONEY,
        "active_customers_30d": "BIGINT",
        "active_customers_previous_30d": "BIGINT",
        "gross_profit_30d": MONEY,
        "gross_profit_previous_30d": MONEY,
        "products_to_reorder": "BIGINT",
        "top_performing_products": "VARCHAR",
    },
}


def publish(
    *,
    lake: Path,
    tenant: UUID,
    rows: Mapping[str, Sequence[Row]] | None = None,
    at: datetime | None = None,
    read_at: datetime | None = None,
    connection: UUID | None = None,
) -> str:
    """Write a publication and make it the current one; its name. A column not given is null."""
    at = at or datetime.now(UTC)
    publication = f"{at:%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
    folder = lake / str(tenant) / "publications" / publication
    folder.mkdir(parents=True)
    manifest = {
        "format": 1,
        "publication": publication,
        "tenant": str(tenant),
        "run": str(uuid4()),
        "published_at": at.isoformat(),
        "transforms": "0" * 64,
        "landed_through": at.isoformat(),
        "streams": [
            {
                "connection": str(connection or uuid4()),
                "stream": "sale",
                "read_at": (read_at or at - timedelta(minutes=5)).isoformat(),
                "records": 123,
                "bookmark": None,
            }
        ],
        "views": {
            name: _write_view(folder, name, str(tenant), (rows or {}).get(name, []))
            for name in VIEWS
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    make_current(lake=lake, tenant=tenant, publication=publication)
    return publication


def make_current(*, lake: Path, tenant: UUID, publication: str) -> None:
    path = lake / str(tenant) / "publications" / "current.json"
    path.write_text(json.dumps({"publication": publication}))


def folder_of(*, lake: Path, tenant: UUID, publication: str) -> Path:
    return lake / str(tenant) / "publications" / publication


def _write_view(folder: Path, name: str, tenant: str, rows: Sequence[Row]) -> dict[str, Any]:
    columns = VIEWS[name]
    path = folder / f"{name}.parquet"
    _write_parquet(path, columns, [{"tenant_id": tenant, **row} for row in rows])
    content = path.read_bytes()
    return {
        "file": path.name,
        "rows": len(rows),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "description": f"One row of {name}.",
        "columns": [
            {"name": column, "type": kind, "description": f"What {column} of {name} means."}
            for column, kind in columns.items()
        ],
    }


def _write_parquet(path: Path, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
    """By way of a file, since thousands of inserts take seconds. Amounts travel as text."""
    lines = path.with_suffix(".json")
    lines.write_text("".join(json.dumps(row, default=str) + "\n" for row in rows))
    with _database().cursor() as connection:
        connection.execute(
            f"""
            copy (
                from read_json($lines, format = 'newline_delimited', columns = {dict(columns)})
            ) to '{path}' (format parquet, compression zstd)
            """,
            {"lines": str(lines)},
        )
    lines.unlink()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """To open one takes twenty times as long as to write a view."""
    atexit.register(_database.cache_clear)
    return duckdb.connect()

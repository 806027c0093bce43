"""A retailer's headline figures for a terminal, from the current publication."""

from __future__ import annotations

from rich.table import Table

from portal.publications.lake import lake
from portal.publications.query import run_query
from portal.publications.reader import NothingPublished, open_publication, read_manifest
from portal.tenants.models import Tenant

HEADLINES = """
    select report_date, currency, sales_30d, orders_30d, active_customers_30d
    from business_dashboard
    order by currency
"""


def headline_table(tenants: list[Tenant]) -> Table:
    """:raises Refused: if one of them has no readable publication"""
    table = Table(title="The retailers' last 30 days")
    for heading in ("Retailer", "Until"):
        table.add_column(heading)
    for heading in ("Sales", "Receipts", "Customers"):
        table.add_column(heading, justify="right")
    for tenant in tenants:
        try:
            manifest = read_manifest(lake=lake(), tenant=tenant.code)
        except NothingPublished:
            table.add_row(tenant.name, "no figures yet", "", "", "")
            continue
        with open_publication(lake=lake(), tenant=tenant.code, manifest=manifest) as reading:
            for until, currency, sales, receipts, customers in run_query(
                reading=reading, sql=HEADLINES
            ).rows:
                amounts = (f"{sales:,} {currency}", f"{receipts:,}", f"{customers:,}")
                table.add_row(tenant.name, until.isoformat(), *amounts)
    return table

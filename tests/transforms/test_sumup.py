"""What a shop took with SumUp, from payments as it sends them to figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.transforms.builds import ALICE
from tests.transforms.samples import samples_of
from tests.transforms.warehouse_of_source import Record, WarehouseOfSource

DAYS = """
    select sale_date, sum(total_amount), sum(net_amount)
    from analytics.daily_sales_summary group by sale_date order by sale_date
"""
LINES = """
    select receipt_number, line_type, line_name, quantity, amount, tax_amount
    from standard.std_sale_lines where is_current and not is_deleted
    order by sold_at, line_number nulls last
"""


def samples(source: str, stream: str) -> list[Record]:
    return [dict(record) for record in samples_of(source, stream)]


def test_payments_their_goods_and_what_was_given_back_add_up(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    warehouse = WarehouseOfSource("sumup", ALICE, folder=tmp_path, target=tmp_path / "target")
    for stream in ("merchant", "payment"):
        warehouse.read(stream, *samples("sumup", stream), at="2026-03-02T02:00:00")
    payments = [
        record | {"paid_at": record["timestamp"]} for record in samples("sumup", "transaction")
    ]
    # As it was on its day, before anything was given back.
    first = payments[0] | {"transaction_events": []}
    warehouse.read("transaction", first, *payments[1:], at="2026-03-02T02:00:00")
    warehouse.run()

    assert warehouse.rows(DAYS)[0] == (date(2026, 2, 3), Decimal("119.00"), Decimal("100.00"))

    warehouse.read("transaction", payments[0], at="2026-03-03T02:00:00")
    warehouse.build()

    assert warehouse.rows(LINES) == [
        ("TEENSK4W2K", 0, "Linen shirt", Decimal(2), Decimal("119.00"), Decimal("19.00")),
        # An amount without goods is one piece; what was refunded of it failed.
        ("TEENSK4W2L", 1, "Alteration", Decimal(1), Decimal("25.50"), Decimal("3.83")),
        # Half of the first payment was given back: half of its tax, and one piece.
        ("TEENSK4W2K", 2, None, Decimal(-1), Decimal("-59.50"), Decimal("-9.50")),
        # The third payment failed; the last was charged back as a whole.
        ("TEENSK4W2N", 0, "Linen shirt", Decimal(1), Decimal("59.50"), Decimal("9.50")),
        ("TEENSK4W2N", 0, "Book", Decimal(1), Decimal("9.99"), Decimal("0.65")),
        ("TEENSK4W2N", 3, None, Decimal(-2), Decimal("-69.49"), Decimal("-10.15")),
    ]
    assert warehouse.rows(DAYS) == [
        (date(2026, 2, 3), Decimal("119.00"), Decimal("100.00")),
        (date(2026, 2, 7), Decimal("25.50"), Decimal("21.67")),
        # Half past midnight in Ulm, though SumUp says the tenth.
        (date(2026, 2, 11), Decimal("-59.50"), Decimal("-50.00")),
        (date(2026, 2, 14), Decimal("69.49"), Decimal("59.34")),
        (date(2026, 3, 1), Decimal("-69.49"), Decimal("-59.34")),
    ]
    assert warehouse.rows("select shop_id, shop_name, country from analytics.dim_shops") == [
        ("MH4H92C7", "Alice am Markt", "DE")
    ]
    grown = warehouse.tables("standard")
    warehouse.run("--full-refresh", "--select", "standard")
    assert warehouse.tables("standard") == grown

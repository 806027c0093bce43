"""What a retailer's own files say, from the folder they lie in to figures worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from flows.connectors.catalog import connector
from flows.connectors.files.folder import KEY_FILE
from flows.connectors.reader import Reader
from tests.transforms.builds import ALICE
from tests.transforms.samples import samples_of
from tests.transforms.warehouse_of_source import Record, WarehouseOfSource

WORD = "alices-own-long-word"
HEADER = (
    "sale_line_id;receipt_number;shop_id;business_date;time;product_id;line_name;quantity;amount;"
    "tax_amount;discount_amount;cost_amount;currency;is_deleted"
)
FEBRUARY = [
    "1;0001;1;2026-02-02;10:15:30;007;;2;119,00;;11,00;40,00;;",
    "2;0001;1;2026-02-02;10:15:30;012;;1;9,99;0,65;;;;",
    # A book in Graz, where books are taxed with 10 %; the file does not say the tax.
    "3;0001;2;2026-02-02;18:59;012;;1;1.010,70;;;;EUR;",
    "4;0002;1;2026-02-03;;007;;-1;-59,50;;;-20,00;;",
    "5;0003;1;2026-02-03;;;Alteration;1;25,00;;;;;",
]
# The line of the alteration was wrong, and the return never was one.
CORRECTED = [
    "4;0002;1;2026-02-03;;007;;-1;-59,50;;;;;yes",
    "5;0003;1;2026-02-03;;;Hem;1;20,00;;;;;",
]
DAYS = """
    select sale_date, sum(total_amount), sum(net_amount)
    from analytics.daily_sales_summary group by sale_date order by sale_date
"""


def samples(source: str, stream: str) -> list[Record]:
    return [dict(record) for record in samples_of(source, stream)]


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Alice's folder, in which her till and her office put files."""
    folder = tmp_path / "files" / "alice"
    folder.mkdir(parents=True)
    (folder / KEY_FILE).write_text(WORD)
    monkeypatch.setenv("MERCURIOS_FILES_ROOT", str(tmp_path / "files"))
    for stream in ("category", "shop", "customer", "product_stock"):
        plural = {"category": "categories", "product_stock": "product_stock"}.get(
            stream, f"{stream}s"
        )
        write_workbook(folder / f"{plural}.xlsx", samples("files", stream))
    write_workbook(folder / "products.xlsx", samples("files", "product"))
    return folder


def write_workbook(path: Path, records: list[Record]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(records[0]))
    for record in records:
        sheet.append([number(name, value) for name, value in record.items()])
    book.save(path)


def number(name: str, value: str) -> str | float:
    """As an office writes it: what is a number is a number in its cell."""
    return float(value) if value and name.endswith(("_price", "quantity_on_hand")) else value


def write_sales(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="windows-1252")


def read_everything(warehouse: WarehouseOfSource, *, at: str) -> None:
    """Read what is in the folder as a run does, and land it."""
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    with Reader(
        connector("files"),
        {"location": "alice", "folder_word": WORD, "encoding": "windows-1252", "decimal": ","},
        allow_private=False,
        time_zone=ZoneInfo("Europe/Berlin"),
        clock=lambda: now,
    ) as reader:
        for stream in connector("files").streams:
            for page in reader.pages(stream, since=None):
                records = [json.loads(bytes(record)) for record in page.records]
                warehouse.read(stream, *records, at=at)


def test_files_of_a_till_and_of_an_office_become_figures(tmp_path: Path, exports: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    warehouse = WarehouseOfSource("files", ALICE, folder=tmp_path / "warehouse", target=target)
    write_sales(exports / "sale_lines-2026-02.csv", FEBRUARY)
    read_everything(warehouse, at="2026-02-04T02:00:00")
    warehouse.build()

    # 119.00 / 1.19 = 100.00; 9.99 - 0.65 = 9.34; 1010.70 / 1.10 = 918.82
    # -59.50 / 1.19 = -50.00; 25.00 / 1.19 = 21.01
    assert warehouse.rows(DAYS) == [
        (date(2026, 2, 2), Decimal("1139.69"), Decimal("1028.16")),
        (date(2026, 2, 3), Decimal("-34.50"), Decimal("-28.99")),
    ]
    assert warehouse.rows(
        "select product_name, product_category, sum(quantity), sum(cost_amount),"
        " max(cast(sold_at as varchar)) from analytics.fct_sale_lines"
        " where business_date = '2026-02-02' group by all order by all"
    ) == [
        ("Book: Looms", "Books", Decimal(2), Decimal("0.00"), "2026-02-02 17:59:00"),
        ("Linen shirt", "Clothing", Decimal(2), Decimal("40.00"), "2026-02-02 09:15:30"),
    ]
    # A receipt number is of a shop and a day.
    assert warehouse.rows("select count(*) from analytics.fct_sales") == [(4,)]
    assert warehouse.rows(
        "select product_id, product_size_id, shop_id, ean, quantity_on_hand"
        " from standard.std_product_stock order by all"
    ) == [
        ("007", "007-M", "1", "0012345678905", Decimal(7)),
        ("007", "007-M", "2", None, Decimal(-1)),
        ("012", "012", "1", None, Decimal(41)),
    ]
    assert warehouse.rows("select shop_id, country from analytics.dim_shops order by all") == [
        ("1", "DE"), ("2", "AT"), ("W", "DE"),
    ]  # fmt: skip

    write_sales(exports / "sale_lines-2026-02-corrections.csv", CORRECTED)
    read_everything(warehouse, at="2026-02-05T02:00:00")
    warehouse.build()

    assert warehouse.rows(DAYS)[1] == (date(2026, 2, 3), Decimal("20.00"), Decimal("16.81"))


def test_a_time_nobody_can_read_is_named(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    warehouse = WarehouseOfSource("files", ALICE, folder=tmp_path, target=target)
    line: Record = {
        "receipt_number": "0001", "shop_id": "1", "business_date": "2026-02-02",
        "product_id": "007", "quantity": "1", "amount": "119.00",
    }  # fmt: skip
    times = {"1": "9:05", "2": "", "3": "10.15"}
    warehouse.read(
        "sale_line",
        *(line | {"sale_line_id": id, "time": time} for id, time in times.items()),
        at="2026-02-04T02:00:00",
    )
    warehouse.run("--select", "+std_sale_lines")

    assert warehouse.rows(
        "select sale_line_id, seconds_of_day, unreadable_fields from standard.std_sale_lines"
        " order by all"
    ) == [("1", 32700, None), ("2", None, None), ("3", None, "time")]

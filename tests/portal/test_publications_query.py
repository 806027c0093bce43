"""One SELECT and no more: what a query may ask, and what it may not reach."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from portal.lib.errors import Refused
from portal.publications.lake import LocalLake
from portal.publications.query import ResultColumn, run_query
from portal.publications.reader import open_publication, read_manifest
from portal.publications.reading import Reading
from tests.portal.publication_of import folder_of, publish

TENANT = UUID("6f0b1c9e-54c8-4f57-9c21-5e25c2b5d7aa")
DAY = {
    "sale_date": date(2026, 11, 20),
    "product_category": "Shoes",
    "currency": "EUR",
    "total_amount": "12345678901234.56",
}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    rows = {"daily_sales_summary": [DAY, {**DAY, "product_category": "Bags"}]}
    publication = publish(lake=tmp_path, tenant=TENANT, rows=rows)
    return folder_of(lake=tmp_path, tenant=TENANT, publication=publication)


@pytest.fixture
def reading(tmp_path: Path, published: Path) -> Iterator[Reading]:
    lake = LocalLake(tmp_path)
    manifest = read_manifest(lake=lake, tenant=TENANT)
    with open_publication(lake=lake, tenant=TENANT, manifest=manifest) as opened:
        yield opened


def test_an_amount_keeps_every_digit(reading: Reading) -> None:
    result = run_query(
        reading=reading, sql="select sum(total_amount) as sales from daily_sales_summary"
    )

    assert result.rows == [(Decimal("24691357802469.12"),)]
    assert result.columns == (ResultColumn("sales", "DECIMAL(38,2)"),)


@pytest.mark.parametrize(
    "sql",
    [
        "from daily_sales_summary",
        "with days as (select * from daily_sales_summary) select * from days;",
        "table daily_sales_summary",
        "/* all of them */ select * from daily_sales_summary -- yes",
    ],
)
def test_a_select_may_be_written_in_any_way(reading: Reading, sql: str) -> None:
    assert len(run_query(reading=reading, sql=sql).rows) == 2


@pytest.mark.parametrize(
    "sql",
    [
        "create table t as select 1",
        "insert into daily_sales_summary select * from daily_sales_summary",
        "delete from daily_sales_summary",
        "drop view daily_sales_summary",
        "copy daily_sales_summary to 'out.csv'",
        "set threads = 8",
        "attach 'other.duckdb'",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "call pragma_version()",
        "prepare p as select 1",
        "begin",
        "explain select 1",
        "export database 'elsewhere'",
        "with gone as (delete from daily_sales_summary returning *) select * from gone",
    ],
)
def test_anything_but_a_select_is_refused(reading: Reading, sql: str) -> None:
    with pytest.raises(Refused, match=r"Only SELECT is possible|cannot be answered"):
        run_query(reading=reading, sql=sql)


def test_a_published_file_cannot_be_written_over(reading: Reading, published: Path) -> None:
    path = published / "daily_sales_summary.parquet"
    before = path.read_bytes()

    with pytest.raises(Refused, match="Only SELECT is possible"):
        run_query(reading=reading, sql=f"copy (select 1) to '{path}' (use_tmp_file false)")

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("select 1; select 2", "one statement at a time"),
        ("select 1; drop view daily_sales_summary", "one statement at a time"),
        ("", "Write a query"),
        ("-- nothing", "Write a query"),
        ("selec 1", "not SQL that can be read"),
        ("select nonsense from daily_sales_summary", "nonsense"),
        ("select * from elsewhere", "elsewhere"),
        ("select 1/'a'", "cannot be answered"),
    ],
)
def test_what_is_wrong_with_a_query_is_one_line(reading: Reading, sql: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as caught:
        run_query(reading=reading, sql=sql)

    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from read_csv('{folder}/manifest.json')",
        "select * from read_parquet('{folder}/../../../*/publications/*/*.parquet')",
        "select * from glob('/*')",
        "select * from read_parquet('https://example.com/a.parquet')",
    ],
)
def test_no_other_file_can_be_read(reading: Reading, published: Path, sql: str) -> None:
    with pytest.raises(Refused, match=r"reads the published views|cannot be answered"):
        run_query(reading=reading, sql=sql.format(folder=published))


def test_the_portals_own_variables_are_not_tables(reading: Reading) -> None:
    with pytest.raises(Refused, match=r"Table with name sql does not exist|cannot be answered"):
        run_query(reading=reading, sql="select * from sql")


def test_the_locked_settings_cannot_be_widened(reading: Reading) -> None:
    with pytest.raises(Refused, match="configuration has been locked"):
        run_query(reading=reading, sql="select * from enable_logging()")


def test_rows_beyond_the_limit_are_cut_and_said_to_be_there(reading: Reading) -> None:
    cut = run_query(reading=reading, sql="select * from range(100000000)", limit=3)
    whole = run_query(reading=reading, sql="select * from range(3)", limit=3)

    assert (cut.rows, cut.has_more) == ([(0,), (1,), (2,)], True)
    assert (whole.rows, whole.has_more) == ([(0,), (1,), (2,)], False)


@pytest.mark.parametrize("limit", [0, -1, 1_000_001])
def test_a_limit_outside_of_reason_is_refused(reading: Reading, limit: int) -> None:
    with pytest.raises(Refused, match="Ask for 1 to 1000000 rows"):
        run_query(reading=reading, sql="select 1", limit=limit)


def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_works(reading: Reading) -> None:
    started = time.monotonic()

    with pytest.raises(Refused, match=r"stopped after 0.2 seconds"):
        run_query(
            reading=reading,
            sql="select count(*) from range(10000000000) a, range(10000000000) b",
            seconds=0.2,
        )

    assert time.monotonic() - started < 10
    assert run_query(reading=reading, sql="select 1").rows == [(1,)]


def test_a_query_that_needs_too_much_memory_is_refused(reading: Reading) -> None:
    with pytest.raises(Refused, match="needs more than 512MB of memory"):
        run_query(reading=reading, sql="select list(range) from range(1000000000)")

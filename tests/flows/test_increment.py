"""The first reading brings everything, the next ones what changed, and both together the truth."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.land import land, starting_point, write_down
from flows.report import StreamReport
from tests.flows.batches import query
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.shop import ALICES, desk_of, session_of
from tests.simulators.process import Simulator

STREAMS = ["sale", "customer", "country"]
NEWEST_SALES = """
    select payload
    from raw.prohandel__sale
    qualify row_number() over (
        partition by record_key order by changed_at desc, extracted_at desc
    ) = 1
"""


def sync(desk: Desk, portal: FakePortal, home: Path) -> dict[str, StreamReport]:
    with session_of(desk, portal=portal, home=home) as session:
        reports = {name: land(name, session) for name in desk.connection["streams"]}
        write_down(session)
    return reports


def warehouse_of(desk: Desk, home: Path) -> Path:
    return home / "warehouse" / str(desk.tenant["code"]) / "warehouse.duckdb"


def asked(till: Simulator) -> dict[str, set[str]]:
    """How each entity was read."""
    entities = till.requests()[ALICES.name]
    return {entity: set(ways) for entity, ways in entities.items() if entity != "token"}


def test_the_second_reading_asks_only_for_what_changed(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=STREAMS)
    first = sync(desk, portal, tmp_path)
    till.advance(days=1, company=ALICES.name)
    till.reset_requests()

    second = sync(desk, portal, tmp_path)

    assert asked(till) == {"sale": {"changed"}, "customer": {"changed"}, "country": {"full"}}
    assert [first[name].is_incremental for name in STREAMS] == [False, False, False]
    assert [second[name].is_incremental for name in STREAMS] == [True, True, False]
    sales = second["sale"].landed
    assert sales is not None
    assert sales.new > 0
    assert sales.extracted < 150
    assert sales.extracted == sales.new + sales.changed + sales.unchanged


def test_what_is_read_in_full_lands_only_where_it_differs(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["country"])
    first = sync(desk, portal, tmp_path)["country"].landed

    second = sync(desk, portal, tmp_path)["country"].landed

    assert first is not None
    assert second is not None
    assert (second.extracted, second.unchanged) == (first.new, first.new)
    assert not second.brought_something


def test_increments_add_up_to_what_one_full_reading_brings(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    grown = desk_of(ALICES, till, streams=["sale"])
    for _ in range(3):
        sync(grown, portal, tmp_path)
        till.advance(days=1, company=ALICES.name)
    sync(grown, portal, tmp_path)
    whole = desk_of(ALICES, till, streams=["sale"])

    sync(whole, portal, tmp_path)

    assert sorted(query(warehouse_of(grown, tmp_path), NEWEST_SALES)) == sorted(
        query(warehouse_of(whole, tmp_path), NEWEST_SALES)
    )
    assert query(warehouse_of(whole, tmp_path), "select count(*) from raw.prohandel__sale") == [
        (len(query(warehouse_of(grown, tmp_path), NEWEST_SALES)),)
    ]


def test_a_stream_that_cannot_say_what_changed_is_read_in_full_every_time(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["customer"], full_read_streams=["customer"])
    sync(desk, portal, tmp_path)
    till.reset_requests()

    report = sync(desk, portal, tmp_path)["customer"]

    assert asked(till) == {"customer": {"full"}}
    assert not report.is_incremental
    assert report.landed is not None
    assert not report.landed.brought_something


def test_history_begins_where_the_tenant_says_in_the_tenants_own_time(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    everything = desk_of(ALICES, till, streams=["sale"])
    desk = desk_of(ALICES, till, streams=["sale"], history_from="2025-06-01")
    till.reset_requests()

    with session_of(desk, portal=portal, home=tmp_path) as session:
        start = starting_point("sale", session)
    report = sync(desk, portal, tmp_path)["sale"]

    whole = sync(everything, portal, tmp_path)["sale"]
    assert start.since == datetime(2025, 5, 31, 22, tzinfo=UTC)
    assert report.landed is not None
    assert whole.landed is not None
    assert 0 < report.landed.new < whole.landed.new
    # The overlap of three hours is read again each time.
    oldest = query(warehouse_of(desk, tmp_path), "select min(changed_at) from raw.prohandel__sale")
    assert oldest[0][0] >= datetime(2025, 5, 31, 19)  # noqa: DTZ001 - the warehouse's UTC


def test_a_later_bookmark_wins_over_where_history_begins(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["sale"], history_from="2025-06-01")
    report = sync(desk, portal, tmp_path)["sale"]

    with session_of(desk, portal=portal, home=tmp_path) as session:
        start = starting_point("sale", session)

    assert report.landed is not None
    assert start.since == report.landed.bookmark.moment


def test_the_lake_holds_what_the_ledger_says_and_nothing_of_an_empty_reading(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["country", "category"])
    for _ in range(2):
        sync(desk, portal, tmp_path)

    with session_of(desk, portal=portal, home=tmp_path) as session:
        stored = [file.key for file in session.lake.files(desk.tenant["code"])]
        with session.warehouses.open(session.job.tenant) as warehouse:
            files: list[Any] = [line.file for line in warehouse.ledger()]

    assert len(files) == 4
    assert sorted(file for file in files if file) == stored
    assert len(stored) == 2


def test_nothing_of_a_run_stays_on_the_worker(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    sync(desk_of(ALICES, till, streams=["country"]), portal, tmp_path)

    assert list((tmp_path / "work").iterdir()) == []


def test_the_limit_of_history_leaves_stock_and_master_data_whole(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    names = ["sale", "article", "articlesize", "branch", "category"]
    desk = desk_of(ALICES, till, streams=names, history_from="2025-06-01")
    there = till.truth(ALICES.name)["records"]

    read = sync(desk, portal, tmp_path)

    landed = {name: report.landed.new for name, report in read.items() if report.landed}
    assert 0 < landed.pop("sale") < there["sale"]
    assert landed == {name: there[name] for name in names[1:]}

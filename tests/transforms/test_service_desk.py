"""What a service desk has asked and done, from several sources to one table for each entity."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows.connectors.catalog import connector
from tests.transforms.builds import ALICE, Record
from tests.transforms.samples import row_of, samples_of
from tests.transforms.warehouse_of import WarehouseOf

LAYERS = ("standard", "analytics")
at = datetime.fromisoformat


class Desk:
    """A warehouse of a tenant with a connection at ConnectWise."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.warehouse = WarehouseOf(
            ALICE, folder=folder, target=target, connectors=["connectwise"]
        )
        self._batches = 0

    def land(self, stream: str, *records: Record, at: str) -> None:
        self._batches += 1
        batch = (f"batch-{self._batches}", datetime.fromisoformat(at))
        known = connector("connectwise").streams[stream]
        rows = [row_of(record, known, batch) for record in records]
        self.warehouse.insert(f"connectwise__{stream}", rows)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.warehouse.rows(query)


def changed(record: Record, at: str, **said: Any) -> Record:
    return {**record, **said, "_info": {**record["_info"], "lastUpdated": at}}


TICKET = samples_of("connectwise", "tickets")[0]
ENTRY = samples_of("connectwise", "time_entries")[0]
COMPANY = samples_of("connectwise", "companies")[0]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target_of_desk")


@pytest.fixture
def desk(tmp_path: Path, target: Path) -> Desk:
    return Desk(tmp_path, target)


def test_a_ticket_keeps_its_history_and_a_company_its_latest_word(desk: Desk) -> None:
    closing: dict[str, Any] = {
        "status": {"id": 510, "name": ">Closed"},
        "closedFlag": True,
        "closedDate": "2025-03-04T09:00:00Z",
    }
    desk.land("tickets", TICKET, at="2025-03-03T20:00:00")
    desk.land("companies", COMPANY, at="2025-03-03T20:01:00")
    desk.warehouse.run("--full-refresh")

    desk.land(
        "tickets", changed(TICKET, "2025-03-04T09:00:01Z", **closing), at="2025-03-04T20:00:00"
    )
    # Read before the first landing and landed after it: it says nothing any more.
    desk.land(
        "companies",
        changed(COMPANY, "2025-03-01T00:00:00Z", name="Alice"),
        at="2025-03-04T20:01:00",
    )
    desk.warehouse.build()

    history = """
        select version, status, is_closed, closed_at, valid_from, is_current
        from standard.std_tickets order by version
    """
    assert desk.rows(history) == [
        (1, "In progress", False, None, at("2025-03-03T15:30"), False),
        (2, ">Closed", True, at("2025-03-04T09:00"), at("2025-03-04T09:00:01"), True),
    ]
    companies = "select company_name, changed_at, landed_at from standard.std_companies"
    assert desk.rows(companies) == [
        ("Alice Mode", at("2025-03-03T14:05:11"), at("2025-03-04T20:01"))
    ]
    step_by_step = desk.warehouse.tables(*LAYERS)
    desk.warehouse.run("--full-refresh")
    assert desk.warehouse.tables(*LAYERS) == step_by_step


def test_a_ticket_that_is_touched_without_a_change_has_no_new_version(desk: Desk) -> None:
    desk.land("tickets", TICKET, at="2025-03-03T20:00:00")
    desk.land("tickets", changed(TICKET, "2025-03-04T09:00:01Z"), at="2025-03-04T20:00:00")

    desk.warehouse.run("--select", "+std_tickets")

    assert desk.rows("select count(*) from standard.std_tickets") == [(1,)]


def test_a_running_timer_and_a_contact_without_a_name_are_kept(samples_landed: WarehouseOf) -> None:
    hours = """
        select time_entry_id, actual_hours, deducted_hours
        from standard.std_time_entries__connectwise order by all
    """
    nameless = """
        select contact_id, first_name, is_inactive
        from standard.std_contacts__connectwise where first_name is null
    """

    assert samples_landed.rows(hours) == [
        ("90001", Decimal("1.2500"), Decimal("0.0000")),
        ("90002", None, None),
        ("90003", Decimal("1.7500"), Decimal("0.2500")),
    ]
    assert samples_landed.rows(nameless) == [("419", None, True)]


@pytest.mark.parametrize(
    ("source", "number", "expected"),
    [
        ("connectwise", "734001", ("In progress", "Priority 2 - High", "250", "149", False)),
        ("servicenow", "INC0000055", ("In Progress", "2 - High", None, None, False)),
        ("salesforce", "00001001", ("Working", "High", None, "005D0000001KaTUIA0", False)),
    ],
)
def test_tickets_of_every_source_speak_the_same_words(
    samples_landed: WarehouseOf, source: str, number: str, expected: tuple[Any, ...]
) -> None:
    company = "company_id" if source == "connectwise" else "null"
    owner = "null" if source == "servicenow" else "owner_id"
    query = f"""
        select status, priority, {company}, {owner}, is_closed, created_at
        from standard.std_tickets__{source} where ticket_number = '{number}'
    """

    [row] = samples_landed.rows(query)

    assert row == (*expected, at("2025-03-03T14:10"))


def test_what_a_source_deletes_stays_and_is_marked(samples_landed: WarehouseOf) -> None:
    deleted = """
        select company_name from standard.std_companies where is_deleted order by all
    """

    assert samples_landed.rows(deleted) == [("Old Shop",), ("Old Shop",)]


def test_a_tenant_without_a_till_has_the_tables_of_a_shop_and_nothing_in_them(desk: Desk) -> None:
    desk.land("tickets", TICKET, at="2025-03-03T20:00:00")

    desk.warehouse.build()

    tables = desk.warehouse.tables(*LAYERS)
    assert "standard.std_sale_lines" in tables
    filled = {name for name, rows in tables.items() if rows}
    assert "standard.std_tickets" in filled
    assert not {name for name in filled if "sale" in name or "product" in name}
    staging = "select count(*) from duckdb_views() where view_name like 'stg_prohandel%'"
    assert desk.rows(staging) == [(0,)]

"""Whatever landed in whatever order: building after each landing gives what a rebuild gives."""

from __future__ import annotations

from tests.transforms.warehouse_of import WarehouseOf

LAYERS = ("standard", "analytics")


def test_building_after_every_landing_gives_what_a_rebuild_gives(
    grown: WarehouseOf, rebuilt: WarehouseOf
) -> None:
    step_by_step = grown.tables(*LAYERS)

    at_once = rebuilt.tables(*LAYERS)

    assert step_by_step == at_once


def test_the_histories_are_worth_comparing(rebuilt: WarehouseOf) -> None:
    """Versions, revivals, receipts that emptied: without them the comparison would prove little."""
    [(versions, deletions, revivals)] = rebuilt.rows(
        "select max(version), count(*) filter (where is_deleted),"
        " count(*) filter (where was_deleted and not is_deleted)"
        " from (select *, lag(is_deleted) over (partition by sale_key order by version)"
        " as was_deleted from standard.std_sales)"
    )

    assert versions >= 3
    assert deletions >= 3
    assert revivals >= 1


def test_a_build_without_a_landing_changes_nothing(grown: WarehouseOf) -> None:
    before = grown.tables(*LAYERS)

    grown.run("--select", "standard")

    assert grown.tables(*LAYERS) == before


def test_every_table_has_rows_to_compare(rebuilt: WarehouseOf) -> None:
    filled = {name for name, rows in rebuilt.tables(*LAYERS).items() if rows}

    never_landed = {"std_shops", "std_suppliers", "std_countries", "dim_shops"}
    # Of service desks, which no till is.
    never_landed |= {"std_companies", "std_contacts", "std_tickets", "std_time_entries"}
    never_landed |= {"daily_ticket_summary"}
    expected = {name for name in rebuilt.tables(*LAYERS) if not name.endswith(tuple(never_landed))}
    assert expected == filled & expected

"""Costs through the API: the ledger that comes in, what integrators read, and budgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from django_scopes import scopes_disabled
from pytest_django import Settings

from portal.costs.ledger import close_months
from portal.costs.models import LedgerDay, LedgerLine
from portal.runs.services import finish_run
from tests.portal.api_cast import World, the_world
from tests.portal.api_costs_cast import API, BUDGET, NOW, TODAY, read, send, spend
from tests.portal.ledger_said import euros, ledger, line, take


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with (
        the_world(settings, tmp_path) as world,
        scopes_disabled(),
        time_machine.travel(NOW, tick=False),
    ):
        yield world


# --- What the flow asks for and sends


def test_usage_tells_prices_tenants_and_what_ended_runs_used(
    world: World, settings: Settings
) -> None:
    settings.PRICE_PER_CREDIT = Decimal("2.90")
    run = world.alster.run
    steps = {"extract": {"seconds": 2.0, "cpu_seconds": 1.5}}
    run.streams.update(bytes_read=12)
    finish_run(run=run, status="COMPLETED", at=NOW, steps=steps)

    said = read(world, "platform/usage?days=1", key=world.platform)

    assert (said["currency"], said["prices"]["credit"]) == ("EUR", "2.90")
    assert set(said["prices"]) == {
        "credit",
        "snowflake_tb_month",
        "cpu_hour",
        "gb_read",
        "gb_month",
    }
    assert [each["slug"] for each in said["tenants"]] == ["alster", "barmbek"]
    assert said["runs"] == [
        {
            "run": str(run.code),
            "tenant": str(world.alster.tenant.code),
            "connection": str(world.alster.connection.code),
            "finished_at": "2026-11-20T05:30:00Z",
            "steps": steps,
            "bytes_read": 12,
        }
    ]


@pytest.mark.parametrize(
    ("ended", "count"),
    [("2026-11-17T23:59:59Z", 0), ("2026-11-18T00:00:00Z", 1), ("2026-11-20T05:29:00Z", 1)],
)
def test_usage_is_of_whole_days_and_of_today_so_far(world: World, ended: str, count: int) -> None:
    finish_run(run=world.alster.run, status="FAILED", at=datetime.fromisoformat(ended))

    assert len(read(world, "platform/usage?days=2", key=world.platform)["runs"]) == count


def test_runs_that_go_on_or_are_on_snowflake_are_not_measured_here(world: World) -> None:
    world.barmbek.run.engine = "SNOWFLAKE"
    world.barmbek.run.save()
    finish_run(run=world.barmbek.run, status="COMPLETED", at=NOW)

    assert read(world, "platform/usage", key=world.platform)["runs"] == []


def test_a_ledger_is_taken_in_once(world: World) -> None:
    said = ledger(line(5, of=world.alster.tenant), line(7), line(2, holder="NOBODY"))
    files = {"details": {"key": "costs/DUCKDB/x.parquet", "sha256": "a" * 64, "bytes": 9}}

    answers = [send(world, said, files=files).json() for _ in range(2)]

    assert answers == [{"version": 1, "is_new": True}, {"version": 1, "is_new": False}]
    assert LedgerDay.objects.get().files == files
    assert {each.tenant_code for each in LedgerLine.objects.all()} == {
        world.alster.tenant.code,
        None,
    }


def test_the_code_of_a_tenant_that_is_gone_is_kept(world: World) -> None:
    code = UUID("dead0000-0000-4000-8000-000000000000")

    send(world, ledger(line(5, holder="TENANT", tenant_code=code)))

    [row] = read(world, "platform/costs", key=world.platform)["costs"]
    assert (row["tenant"], row["tenant_code"]) == ("", str(code))


def test_a_ledger_whose_lines_do_not_sum_to_the_bill_is_refused(world: World) -> None:
    said = ledger(line(5, of=world.alster.tenant))

    answer = send(world, said, bill=[{**asdict(said.bill[0]), "amount_nanos": 6}])

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["lines"])
    assert "do not sum to its bill: (5, 5) instead of (5, 6)" in answer.json()["detail"]
    assert not LedgerDay.objects.exists()


def test_long_names_and_large_amounts_are_taken_in(world: World) -> None:
    said = ledger(
        line(10**17 - 1, of=world.alster.tenant, warehouse="W" * 255, service_type="S" * 255),
        line(1, of=world.barmbek.tenant),
    )

    assert send(world, said).json() == {"version": 1, "is_new": True}
    [row] = read(world, "tenants/alster/costs")["costs"]
    assert row["amount"] == "99999999.999999999"


@pytest.mark.parametrize("amounts", [(10**17 + 1,), (10**17, 1), (10**17, 10**17, -(10**17))])
def test_more_than_the_database_can_add_up_is_refused(
    world: World, amounts: tuple[int, ...]
) -> None:
    said = ledger(*[line(each, of=world.alster.tenant) for each in amounts])

    answer = send(world, said)

    assert (answer.status_code, LedgerDay.objects.exists()) == (400, False)


def test_days_on_which_nothing_changed_are_confirmed(world: World) -> None:
    take(line(1), day=NOW.date(), at=NOW - timedelta(hours=3))

    answer = world.ask(
        "POST",
        f"{API}/platform/ledger/DUCKDB/seen",
        {"days": [TODAY, "2026-11-18"]},
        key=world.platform,
    )

    assert (answer.status_code, answer.json()) == (200, {"days": [TODAY]})
    found = LedgerDay.objects.get()
    assert (found.seen_at, found.taken_at) == (NOW, NOW - timedelta(hours=3))


@pytest.mark.parametrize(
    ("engine", "body", "status"),
    [
        ("ORACLE", {"days": [TODAY]}, 404),
        ("DUCKDB", {"days": ["today"]}, 400),
        ("DUCKDB", {}, 400),
        ("DUCKDB", {"days": []}, 200),
    ],
)
def test_what_cannot_be_confirmed_is_refused(
    world: World, engine: str, body: dict[str, list[str]], status: int
) -> None:
    path = f"{API}/platform/ledger/{engine}/seen"

    assert world.ask("POST", path, body, key=world.platform).status_code == status


@pytest.mark.parametrize(
    ("engine", "day"), [("ORACLE", TODAY), ("DUCKDB", "2026-11-31"), ("DUCKDB", "today")]
)
def test_a_day_or_an_engine_that_is_none_is_not_there(world: World, engine: str, day: str) -> None:
    assert send(world, ledger(), day=day, engine=engine).status_code == 404


def test_the_flow_learns_which_days_are_known(world: World) -> None:
    for day in ("2026-10-31", "2026-11-01", "2026-11-19"):
        send(world, ledger(line(1)), day=day)
    send(world, ledger(line(2)), day="2026-11-19")

    known = read(world, "platform/ledger/DUCKDB?from=2026-11-01&to=2026-11-20", key=world.platform)

    assert known == [
        {"day": "2026-11-01", "version": 1, "digest": ledger(line(1)).digest},
        {"day": "2026-11-19", "version": 2, "digest": ledger(line(2)).digest},
    ]


def test_a_large_ledger_fits(world: World) -> None:
    lines = [
        line(number, of=world.alster.tenant, warehouse=f"MERCURIOS_TRANSFORM_{number}_WH")
        for number in range(4000)
    ]

    assert send(world, ledger(*lines)).json() == {"version": 1, "is_new": True}


# --- What integrators read


def test_a_tenant_reads_what_it_cost_by_day_and_kind(world: World) -> None:
    spend(world, 1.5, 70, 900)
    spend(world, 0.25, day="2026-11-18")

    said = read(world, "tenants/alster/costs?from=2026-11-01&to=2026-11-20")

    zero = "0.000000000"
    assert said == {
        "currency": "EUR",
        "total": "1.750000000",
        "costs": [
            {"day": "2026-11-18", "kind": "DIRECT", "amount": "0.250000000", "estimated": zero},
            {"day": TODAY, "kind": "DIRECT", "amount": "1.500000000", "estimated": zero},
        ],
    }


def test_days_that_are_not_asked_for_are_left_out(world: World) -> None:
    spend(world, 1)
    spend(world, 2, day="2026-11-18")

    said = read(world, "tenants/alster/costs?from=2026-11-18&to=2026-11-19")

    assert said["total"] == "2.000000000"


@pytest.mark.parametrize("query", ["from=2026-11-02&to=2026-11-01", "from=2020-01-01", "to=never"])
def test_days_that_are_no_range_are_refused(world: World, query: str) -> None:
    assert world.ask("GET", f"{API}/tenants/alster/costs?{query}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "to=9999-12-31",
        "from=9999-12-31&to=9999-12-31",
        "from=0001-01-01&to=0001-01-02",
        "to=1999-12-31",
    ],
)
@pytest.mark.parametrize(
    "path", ["platform/costs", "platform/costs/unattributed", "platform/ledger/DUCKDB"]
)
def test_days_that_nothing_is_kept_of_are_refused(world: World, path: str, query: str) -> None:
    answer = world.ask("GET", f"{API}/{path}?{query}", key=world.platform)

    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "to": [
            "Ask for up to 400 days of the years 2000 to 2999, the last not before the first.",
        ]
    }


@pytest.mark.parametrize("day", ["2000-01-01", "2999-12-31"])
def test_the_first_and_the_last_day_can_be_asked_for(world: World, day: str) -> None:
    said = read(world, f"platform/costs?from={day}&to={day}", key=world.platform)

    assert said["costs"] == []


def test_the_summary_tells_a_month_up_to_now_and_its_budget(world: World) -> None:
    spend(world, 40)
    world.ask("PUT", BUDGET, {"amount": "50"}, key=world.operator)

    said = read(world, "tenants/alster/costs/summary")

    assert (said["month"], said["is_closed"], said["ledgered"]) == (
        "2026-11",
        False,
        "40.000000000",
    )
    assert (said["budget"], said["per_cent"], said["level"]) == ("50.00", "80.00", "WARNED")


def test_the_summary_of_a_month_that_is_over_has_nothing_to_forecast(world: World) -> None:
    spend(world, 40, day="2026-10-03")
    close_months(at=NOW)

    said = read(world, "tenants/alster/costs/summary?month=2026-10")

    assert (said["ledgered"], said["is_closed"], said["forecast"]) == ("40.000000000", True, None)


def test_the_platform_reads_who_cost_what_where(world: World) -> None:
    spend(world, 1, 2, 3)
    send(world, ledger(line(euros(5), warehouse="LOAD_WH", holder="NOBODY")), engine="SNOWFLAKE")

    said = read(world, "platform/costs", key=world.platform)

    assert said["total"] == "11.000000000"
    assert [
        (row["engine"], row["warehouse"], row["holder"], row["tenant"], row["amount"])
        for row in sorted(said["costs"], key=lambda row: str(row["amount"]))
    ] == [
        ("DUCKDB", "", "TENANT", "alster", "1.000000000"),
        ("DUCKDB", "", "TENANT", "barmbek", "2.000000000"),
        ("DUCKDB", "", "PLATFORM", "", "3.000000000"),
        ("SNOWFLAKE", "LOAD_WH", "NOBODY", "", "5.000000000"),
    ]


def test_what_nobody_of_ours_caused_is_a_list_of_its_own(world: World) -> None:
    send(world, ledger(line(5, holder="NOBODY", kind="UNATTRIBUTED"), line(7)))

    [row] = read(world, "platform/costs/unattributed", key=world.platform)

    assert (row["kind"], row["amount"]) == ("UNATTRIBUTED", "0.000000005")


def test_the_journal_tells_what_was_corrected(world: World) -> None:
    spend(world, 40, day="2026-10-03")
    close_months(at=NOW)
    spend(world, 41, day="2026-10-03")

    said = read(world, "platform/costs/journal", key=world.platform)

    [entry] = said["results"]
    assert (entry["day"], entry["posted_on"], entry["version"]) == ("2026-10-03", TODAY, 2)
    assert [(each["tenant"], each["amount_nanos"]) for each in entry["lines"]] == [
        ("alster", euros(1))
    ]

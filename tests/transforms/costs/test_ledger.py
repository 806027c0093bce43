"""The ledger as the flow gets it: built by dbt from files, with files behind each day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.costs.days import DayLedger, Prices
from flows.costs.ledger import build_ledger
from flows.costs.views import VIEWS
from flows.dbt import TransformFailed
from flows.portal import TenantPlace
from tests.simulators.snowflake.usage.world import World, make_world, retailers

PRICES = Prices("EUR", *map(Decimal, ("3", "23", "0.36", "0.5", "0.02")))
FIRST = date(2026, 3, 15)
DAYS = 30
NANOS = 10**9


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Thirty days of two hundred retailers; clocks change in the middle."""
    file = tmp_path_factory.mktemp("world") / "world.duckdb"
    return make_world(file, first=FIRST, days=DAYS, tenants=retailers(200), queries=60_000)


@pytest.fixture(scope="module")
def inputs(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    folder = world.write_usage(tmp_path_factory.mktemp("usage"))
    return {view: sorted(folder.glob(f"{view}/*/*.parquet")) for view in VIEWS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt keeps its parsed project, so that it is read once."""
    return tmp_path_factory.mktemp("costs")


@pytest.fixture(scope="module")
def ledgers(world: World, inputs: dict[str, list[Path]], folder: Path) -> list[DayLedger]:
    return _built(world, inputs, folder)


def _built(
    world: World, inputs: dict[str, list[Path]], folder: Path, **asked: Any
) -> list[DayLedger]:
    return build_ledger(
        inputs=inputs,
        tenants=[TenantPlace(each.code, each.slug, "SNOWFLAKE") for each in world.tenants],
        prices=PRICES,
        folder=folder,
        **{"first": world.first, "last": world.end - timedelta(days=1), **asked},
    )


def test_every_day_is_billed_as_the_account_is(world: World, ledgers: list[DayLedger]) -> None:
    credits = {
        (ledger.day, bill.service_type): Decimal(bill.nanos) / NANOS
        for ledger in ledgers
        for bill in ledger.bill
        if bill.unit == "CREDIT"
    }

    assert [ledger.day for ledger in ledgers] == [FIRST + timedelta(days=n) for n in range(DAYS)]
    assert credits == world.billed()
    assert all(ledger.is_billed for ledger in ledgers)


def test_lines_sum_to_each_bill_to_the_last_nano(ledgers: list[DayLedger]) -> None:
    for ledger in ledgers:
        sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        for line in ledger.lines:
            sums[line.service_type, line.unit][0] += line.nanos
            sums[line.service_type, line.unit][1] += line.amount_nanos
        billed = {
            (bill.service_type, bill.unit): [bill.nanos, bill.amount_nanos] for bill in ledger.bill
        }
        assert {**billed, **sums} == billed


def test_nearly_all_of_a_bill_is_somebodys(ledgers: list[DayLedger]) -> None:
    lines = [line for ledger in ledgers for line in ledger.lines if line.unit == "CREDIT"]

    unexplained = sum(abs(line.nanos) for line in lines if line.kind == "UNATTRIBUTED")
    assert unexplained < sum(line.nanos for line in lines) / 20


def test_what_is_behind_a_day_sums_to_its_lines(ledgers: list[DayLedger]) -> None:
    ledger = ledgers[3]

    lines = sum(line.nanos for line in ledger.lines)
    assert _asked(ledger, "details", "sum(nanos)") == lines
    direct = sum(line.nanos for line in ledger.lines if line.kind == "DIRECT")
    assert _asked(ledger, "queries", "sum(direct_nanos)") == direct
    assert _asked(ledger, "hours", "sum(direct_nanos)") == direct


def test_equal_inputs_make_equal_files(
    world: World, inputs: dict[str, list[Path]], folder: Path, ledgers: list[DayLedger]
) -> None:
    last = ledgers[-2:]
    before = [file.read_bytes() for ledger in last for file in ledger.files.values()]

    again = _built(world, inputs, folder, first=last[0].day)

    assert [ledger.for_portal() for ledger in again] == [ledger.for_portal() for ledger in last]
    after = [file.read_bytes() for ledger in again for file in ledger.files.values()]
    assert before == after


def test_without_anything_to_read_nothing_is_told(world: World, folder: Path) -> None:
    assert _built(world, {}, folder) == []
    assert list(folder.glob("*.duckdb*")) == []


def test_a_query_that_is_there_twice_holds_the_ledger_back(
    world: World, inputs: dict[str, list[Path]], folder: Path
) -> None:
    twice = {**inputs, "query_history": [inputs["query_history"][0]] * 2}

    with pytest.raises(TransformFailed, match=r"held back.*int_costs__queries"):
        _built(world, twice, folder)


def test_an_attribution_that_is_there_twice_counts_once(
    world: World, inputs: dict[str, list[Path]], folder: Path, ledgers: list[DayLedger]
) -> None:
    told = inputs["query_attribution_history"]
    twice = {**inputs, "query_attribution_history": [*told, told[-1]]}

    again = _built(world, twice, folder, first=ledgers[-1].day)

    assert [ledger.for_portal() for ledger in again] == [ledgers[-1].for_portal()]


def test_the_role_of_the_loader_is_the_configured_one(
    world: World,
    inputs: dict[str, list[Path]],
    folder: Path,
    ledgers: list[DayLedger],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MERCURIOS_SNOWFLAKE_LOADER_ROLE", "someone_else")

    (day,) = _built(world, inputs, folder, first=ledgers[-1].day)

    assert _holders(day, "MERCURIOS_LOADING_WH") == {"NOBODY"}
    assert _holders(ledgers[-1], "MERCURIOS_LOADING_WH") == {"TENANT"}
    assert _holders(day, "MERCURIOS_ANALYTICS_WH") == {"TENANT"}


def _holders(ledger: DayLedger, warehouse: str) -> set[str]:
    """Of what was used directly."""
    return {
        line.holder
        for line in ledger.lines
        if line.warehouse == warehouse and line.kind == "DIRECT"
    }


def _asked(ledger: DayLedger, name: str, what: str) -> Any:
    with duckdb.connect() as db:
        (row,) = db.execute(f"select {what} from '{ledger.files[name]}'").fetchall()
    return row[0]

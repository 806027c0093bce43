"""People stay at the source: what is about them does not land, unless a tenant asked for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.land import land
from tests.flows.batches import query
from tests.flows.fake_portal import FakePortal
from tests.flows.shop import ALICES, EVERY_STREAM, desk_of, session_of
from tests.simulators.process import Simulator
from tests.simulators.prohandel.canary import BANK_CODE, BIRTH_DATE, MARK

KEPT = {"customer": ["lastName", "dateOfBirth", "bankCode", "iban", "webshopUserPassword"]}


@pytest.fixture(scope="module")
def shy(portal: FakePortal, till: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a worker that has landed every stream for a tenant that asked for nothing."""
    home = tmp_path_factory.mktemp("shy")
    desk = desk_of(ALICES, till)
    with session_of(desk, portal=portal, home=home) as session:
        for name in EVERY_STREAM:
            land(name, session)
    return home


def payloads(home: Path, stream: str) -> list[str]:
    (file,) = (home / "warehouse").glob("*/warehouse.duckdb")
    return [payload for (payload,) in query(file, f"select payload from raw.prohandel__{stream}")]


def everything_written(home: Path) -> Iterator[tuple[Path, str]]:
    """Every row of every file in the lake, and every row of the warehouse."""
    with duckdb.connect() as db:
        for file in (home / "lake").rglob("*.parquet"):
            rows = db.execute("select * from read_parquet(?)", [str(file)]).fetchall()
            yield file, str(rows)
    (warehouse,) = (home / "warehouse").glob("*/warehouse.duckdb")
    for (table,) in query(
        warehouse,
        "select table_name from information_schema.tables where table_schema = 'raw'",
    ):
        yield warehouse / table, str(query(warehouse, f"select * from raw.{table}"))


def test_nothing_about_people_is_anywhere(shy: Path) -> None:
    traces = (MARK, MARK.lower(), BIRTH_DATE, str(BANK_CODE))

    found = [(place, text) for place, text in everything_written(shy) if len(text) > 2]
    leaks = {str(place) for place, text in found for trace in traces if trace in text}

    assert len(found) > 2 * len(EVERY_STREAM)
    assert leaks == set()


def test_customers_can_be_joined_by_a_hash_of_their_address(shy: Path) -> None:
    hashes = {json.loads(payload)["email"] for payload in payloads(shy, "customer")}

    assert {len(each) for each in hashes if each} == {64}
    assert len(hashes) > 10


def test_a_field_that_a_tenant_asked_for_lands_and_what_may_never_does_not(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["customer"], kept_personal_fields=KEPT)

    with session_of(desk, portal=portal, home=tmp_path) as session:
        land("customer", session)

    customers: list[dict[str, Any]] = [json.loads(each) for each in payloads(tmp_path, "customer")]
    assert any(MARK in (customer["lastName"] or "") for customer in customers)
    assert any(customer["dateOfBirth"] == BIRTH_DATE for customer in customers)
    for customer in customers:
        never = {"bankCode", "iban", "bankAccount", "bic", "webshopUserPassword"}
        assert not never & set(customer)
        assert "firstName" not in customer


def test_a_field_asked_for_in_one_stream_stays_out_of_the_others(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["staff"], kept_personal_fields=KEPT)

    with session_of(desk, portal=portal, home=tmp_path) as session:
        land("staff", session)

    staff = payloads(tmp_path, "staff")
    assert len(staff) > 0
    assert not [payload for payload in staff if MARK in payload]

"""What goes wrong with Snowflake: each time one sentence, nothing lost, no storm of retries."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.warehouse import snowflake_connection, snowflake_turn
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.snowflake_sql import prefix
from flows.warehouse.warehouse import WarehouseBusy, WarehouseRefused, WarehouseUnavailable
from tests.flows.batches import NOON, Row, batch_of
from tests.flows.engines import DATABASE, OnSnowflake, ask
from tests.simulators.snowflake.faults import Kind
from tests.simulators.snowflake.process import SnowflakeServer

A, B = Row("1", "A", NOON), Row("2", "B", NOON)


@pytest.fixture
def place(snowflake: SnowflakeServer, tmp_path: Path) -> Iterator[OnSnowflake]:
    found = OnSnowflake(snowflake, tmp_path)
    yield found
    snowflake.clear_faults()
    found.warehouses.close()


REFUSALS = {
    90073: r"used up the credits .* Raise the monitor's quota",
    3001: r"does not allow it: .* repair-permissions",
    606: r"may not use its warehouse.* repair-permissions",
}


@pytest.mark.parametrize("errno", REFUSALS)
def test_a_refusal_names_what_the_operator_has_to_do_and_lands_nothing(
    place: OnSnowflake, tmp_path: Path, errno: int
) -> None:
    with place.open() as warehouse:
        place.server.fault("refuse", r"^\s*copy into", errno=errno, message="Not this time.")

        with pytest.raises(WarehouseRefused, match=REFUSALS[errno]):
            warehouse.land(batch_of(A, folder=tmp_path), at=NOON)

        # It was sent once, although the second time it would have succeeded.
        assert place.server.ledger()[-1]["sql"] == "rollback"
        assert place.query("select count(*) from raw.batches") == [(0,)]
        assert warehouse.land(batch_of(A, folder=tmp_path), at=NOON).new == 1


def test_a_file_that_arrives_torn_lands_nothing_and_may_be_sent_again(
    place: OnSnowflake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_of(A, B, folder=tmp_path)
    stage = place.server.stage_folder(DATABASE, f"{prefix(place.tenant.slug)}RAW", "LANDING")
    run = SnowflakeConnection.run

    def tearing(session: SnowflakeConnection, statement: str, values: Any = None) -> int:
        changed = run(session, statement, values)
        if statement.startswith("put") and batch.file.name in statement:
            (arrived,) = stage.rglob(batch.file.name)
            arrived.write_bytes(arrived.read_bytes()[:-20])
        return changed

    with place.open() as warehouse:
        with monkeypatch.context() as patch:
            patch.setattr(SnowflakeConnection, "run", tearing)
            with pytest.raises(WarehouseUnavailable, match="did not reach Snowflake whole"):
                warehouse.land(batch, at=NOON)

        assert place.query("select count(*) from raw.shop__sale") == [(0,)]
        assert warehouse.land(batch, at=NOON).new == 2


@pytest.mark.parametrize("kind", ["lose_answer", "lose_request"])
def test_a_commit_whose_answer_is_lost_has_happened_once(
    place: OnSnowflake, tmp_path: Path, kind: Kind
) -> None:
    with place.open() as warehouse:
        place.server.fault(kind, r"^\s*commit")

        landed = warehouse.land(batch_of(A, B, folder=tmp_path), at=NOON)

        assert landed.new == 2
        assert place.query("select count(*), sum(new) from raw.batches") == [(1, 2)]
        assert place.query("select count(*) from raw.shop__sale") == [(2,)]


def test_a_commit_that_is_never_answered_is_looked_up_in_the_ledger(
    place: OnSnowflake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snowflake_connection, "ANSWER_SECONDS", 3)
    with place.open() as warehouse:
        place.server.fault("lose_answer", r"^\s*commit", count=None)

        landed = warehouse.land(batch_of(A, B, folder=tmp_path), at=NOON)

    place.server.clear_faults()
    assert landed.new == 2
    assert place.query("select count(*), sum(new) from raw.batches") == [(1, 2)]


def test_a_commit_that_never_arrived_is_not_taken_for_one_that_has(
    place: OnSnowflake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own session would still show what it has not committed."""
    monkeypatch.setattr(snowflake_connection, "ANSWER_SECONDS", 3)
    with place.open() as warehouse:
        place.server.fault("lose_request", r"^\s*commit", count=None)

        with pytest.raises(WarehouseUnavailable, match="does not answer"):
            warehouse.land(batch_of(A, B, folder=tmp_path), at=NOON)
        place.server.clear_faults()

        assert warehouse.land(batch_of(A, B, folder=tmp_path), at=NOON).new == 2
    assert place.query("select count(*), sum(new) from raw.batches") == [(1, 2)]


def test_half_of_a_landing_is_never_committed_by_what_comes_next(
    place: OnSnowflake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snowflake_connection, "ANSWER_SECONDS", 3)
    with place.open() as warehouse:
        place.server.fault("lose_request", r"^\s*(insert into rejects|rollback)", count=None)

        with pytest.raises(WarehouseUnavailable, match="does not answer"):
            warehouse.land(batch_of(A, B, folder=tmp_path), at=NOON)
        place.server.clear_faults()

        # Its tables are made anew, which commits what is open in the session.
        assert warehouse.land(batch_of(A, B, folder=tmp_path), at=NOON).new == 2
    assert place.query("select count(*) from raw.shop__sale") == [(2,)]


def test_settings_that_went_there_and_back_are_written_again(place: OnSnowflake) -> None:
    """The second connection knows them from before, and nothing of the time between."""
    elsewhere = replace(place.tenant, time_zone="Europe/Lisbon")
    for connection, tenant in (("b", place.tenant), ("a", elsewhere), ("b", place.tenant)):
        with place.another(connection=connection).open(tenant) as warehouse:
            warehouse.prepare(tenant=tenant, tables=["shop__sale"], at=NOON)

    assert place.query("select time_zone from raw.tenants") == [(place.tenant.time_zone,)]


def test_a_service_that_is_away_for_a_moment_is_waited_for(
    place: OnSnowflake, tmp_path: Path
) -> None:
    with place.open() as warehouse:
        place.server.fault("unavailable", r"^\s*copy into", count=2)

        assert warehouse.land(batch_of(A, folder=tmp_path), at=NOON).new == 1


def test_one_run_at_a_time_has_the_turn(
    place: OnSnowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while it says nothing for longer than a dead run would be waited for."""
    monkeypatch.setattr(snowflake_turn, "BEAT_SECONDS", 1.0)
    with place.open():
        pass
    mine, yours = place.warehouses.turn(place.tenant), place.another().turn(place.tenant)
    mine.take()
    time.sleep(6)

    with pytest.raises(WarehouseBusy, match="Start this one again"):
        yours.take()
    mine.end()
    yours.take()
    yours.end()


def test_the_turn_of_a_dead_run_ends(place: OnSnowflake) -> None:
    with place.open():
        pass
    dead, living = place.warehouses.turn(place.tenant), place.another().turn(place.tenant)
    dead.take()
    time.sleep(6)

    living.take()
    living.end()


def test_nothing_of_the_tests_is_left_in_the_stage(place: OnSnowflake, tmp_path: Path) -> None:
    with place.open() as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)

    schema = f"MERCURIOS_DATA.TENANT_{place.tenant.slug.replace('-', '_').upper()}_RAW"
    assert ask(place.server, f"use schema {schema}", "list @landing") == []

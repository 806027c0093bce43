"""What goes wrong with Snowflake: each time one sentence, nothing lost, no storm of retries."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from flows.references import ReferenceBroken
from flows.warehouse import snowflake_connection, snowflake_turn
from flows.warehouse.snowflake_account import (
    Login,
    SnowflakeAccount,
    connect,
    snowflake_account,
)
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.snowflake_sql import prefix
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import WarehouseBusy, WarehouseRefused, WarehouseUnavailable
from tests.flows.batches import NOON, Row, batch_of
from tests.flows.engines import DATABASE, OnSnowflake, account_on, ask
from tests.processes import free_port
from tests.simulators.snowflake.faults import Kind
from tests.simulators.snowflake.process import SnowflakeServer

A, B = Row("1", "A", NOON), Row("2", "B", NOON)


@pytest.fixture
def place(snowflake: SnowflakeServer, tmp_path: Path) -> Iterator[OnSnowflake]:
    found = OnSnowflake(snowflake, tmp_path)
    yield found
    snowflake.clear_faults()
    found.warehouses.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeServer]:
    """A server that knows Alice's key, and whom Charlie's password has expired on."""
    folder = tmp_path_factory.mktemp("guarded")
    key_pair(folder / "alice.pem")
    with SnowflakeServer(folder / "server", users={"ALICE": folder / "alice.pem.pub"}) as server:
        yield server


def key_pair(file: Path, *, passphrase: bytes = b"") -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    file.with_name(f"{file.name}.pub").write_bytes(public)


def log_in(account: SnowflakeAccount, login: Login) -> SnowflakeConnection:
    return connect(
        replace(account, login=login), role="LOADER", warehouse="LOADING", tag=Tag(tenant="t")
    )


def with_key(server: SnowflakeServer, file: Path, folder: Path) -> SnowflakeConnection:
    login = Login(user="ALICE", private_key=f"file:{file}")
    return log_in(account_on(server, folder), login)


def test_the_right_key_logs_in(guarded: SnowflakeServer, tmp_path: Path) -> None:
    session = with_key(guarded, guarded.folder.parent / "alice.pem", tmp_path)

    assert session.rows("select 1") == [(1,)]
    session.close()


def test_a_key_may_have_a_passphrase(guarded: SnowflakeServer, tmp_path: Path) -> None:
    key_pair(tmp_path / "locked.pem", passphrase=b"looking-glass")
    (tmp_path / "passphrase").write_text("looking-glass\n")
    login = Login(
        user="ALICE",
        private_key=f"file:{tmp_path}/locked.pem",
        passphrase=f"file:{tmp_path}/passphrase",
    )

    assert login.key_text.startswith("-----BEGIN PRIVATE KEY-----")


def test_a_wrong_key_is_refused(guarded: SnowflakeServer, tmp_path: Path) -> None:
    key_pair(tmp_path / "charlie.pem")

    with pytest.raises(WarehouseRefused, match=r"does not know the worker's key\. Register"):
        with_key(guarded, tmp_path / "charlie.pem", tmp_path)


def test_what_is_no_key_is_refused_without_showing_it(
    guarded: SnowflakeServer, tmp_path: Path
) -> None:
    (tmp_path / "torn.pem").write_text("-----BEGIN PRIVATE KEY-----\nCANARY-key")

    with pytest.raises(WarehouseRefused, match=r"cannot be opened\. Put a PEM file") as refused:
        with_key(guarded, tmp_path / "torn.pem", tmp_path)

    assert "CANARY" not in str(refused.value)


def test_a_key_that_is_not_there_is_named(guarded: SnowflakeServer, tmp_path: Path) -> None:
    with pytest.raises(ReferenceBroken, match=r"missing\.pem cannot be read\. Put it there"):
        with_key(guarded, tmp_path / "missing.pem", tmp_path)


def test_a_secret_in_place_of_its_reference_is_refused_without_showing_it() -> None:
    with pytest.raises(ReferenceBroken, match="begins with file: or secret:") as refused:
        Login(user="ALICE", password="CANARY-password").password_text  # noqa: B018

    assert "CANARY" not in str(refused.value)


def test_a_wrong_password_is_refused(guarded: SnowflakeServer, tmp_path: Path) -> None:
    account = account_on(guarded, tmp_path)

    with pytest.raises(WarehouseRefused, match="does not know this user and password"):
        log_in(account, account.login)


def test_an_expired_password_is_refused(snowflake: SnowflakeServer, tmp_path: Path) -> None:
    account = account_on(snowflake, tmp_path)
    snowflake.fault("refuse", "login ALICE", errno=390106, message="Specified password has expired")

    with pytest.raises(WarehouseRefused, match=r"has expired\. Give the user a key instead"):
        log_in(account, account.login)


def test_an_account_that_does_not_answer_may_be_tried_again(
    snowflake: SnowflakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snowflake_connection, "LOGIN_SECONDS", 2)
    nobody = replace(account_on(snowflake, tmp_path), port=free_port())
    begun = time.monotonic()

    with pytest.raises(WarehouseUnavailable, match="does not answer"):
        log_in(nobody, nobody.login)

    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("missing", ["ACCOUNT", "USER", "PRIVATE_KEY"])
def test_a_worker_that_was_not_told_its_account_names_what_is_missing(missing: str) -> None:
    told = {f"MERCURIOS_SNOWFLAKE_{name}": "x" for name in ("ACCOUNT", "USER", "PRIVATE_KEY")}
    del told[f"MERCURIOS_SNOWFLAKE_{missing}"]

    with pytest.raises(WarehouseRefused, match=f"^Set MERCURIOS_SNOWFLAKE_{missing} "):
        snowflake_account(told)


def test_the_name_of_a_database_is_a_name() -> None:
    told = {
        "MERCURIOS_SNOWFLAKE_ACCOUNT": "x",
        "MERCURIOS_SNOWFLAKE_USER": "x",
        "MERCURIOS_SNOWFLAKE_PASSWORD": "file:/x",
        "MERCURIOS_SNOWFLAKE_DATABASE": "x; drop database y",
    }

    with pytest.raises(WarehouseRefused, match="DATABASE is no plain name"):
        snowflake_account(told)


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


def test_every_statement_says_for_whom_it_runs(place: OnSnowflake, tmp_path: Path) -> None:
    place.server.clear_ledger()
    with place.open() as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)

    tags = {line["query_tag"] for line in place.server.ledger()}
    tag = Tag(place.tenant.code, batch_of(folder=tmp_path).connection_id, "run", "extract").text
    assert tags == {tag}


def test_a_run_that_brings_nothing_wakes_no_warehouse(place: OnSnowflake, tmp_path: Path) -> None:
    with place.open() as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)
        through = warehouse.landed_through()
        assert through is not None
    place.server.clear_ledger()

    with place.open() as warehouse:
        landed = warehouse.land(batch_of(folder=tmp_path), at=NOON)

        assert landed.bookmark == A.changed_at
        assert (
            warehouse.bookmark(connection_id=batch_of(folder=tmp_path).connection_id, stream="sale")
            == A.changed_at
        )
        assert warehouse.landed_after(through) == []
    assert place.server.ledger() == []


def test_the_same_records_again_wake_no_warehouse_and_are_accounted_for(
    place: OnSnowflake, tmp_path: Path
) -> None:
    with place.open() as warehouse:
        warehouse.land(batch_of(A, B, folder=tmp_path), at=NOON)
    place.server.clear_ledger()

    with place.open() as warehouse:
        again = warehouse.land(batch_of(B, A, folder=tmp_path), at=NOON)

    assert (again.extracted, again.unchanged, again.bookmark) == (2, 2, NOON)
    assert place.server.ledger() == []


def test_a_record_that_changes_and_changes_back_is_never_taken_for_unchanged(
    place: OnSnowflake, tmp_path: Path
) -> None:
    changed = Row("1", "Z", NOON)
    with place.open() as warehouse:
        ends = [warehouse.land(batch_of(row, folder=tmp_path), at=NOON) for row in (A, changed, A)]

    assert [(end.new, end.changed) for end in ends] == [(1, 0), (0, 1), (0, 1)]


def test_a_landing_that_died_is_not_taken_for_the_one_before(
    place: OnSnowflake, tmp_path: Path
) -> None:
    with place.open("shop__sale", "shop__branch") as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)
        place.server.fault("refuse", r"^\s*copy into", errno=3001)
        with pytest.raises(WarehouseRefused):
            warehouse.land(batch_of(Row("1", "Z", NOON), folder=tmp_path), at=NOON)
        warehouse.land(batch_of(B, folder=tmp_path, stream="branch"), at=NOON)
        place.server.clear_ledger()

        again = warehouse.land(batch_of(A, folder=tmp_path), at=NOON)

    assert again.unchanged == 1
    assert place.server.ledger() != []


def test_what_the_lake_does_not_know_is_asked(place: OnSnowflake, tmp_path: Path) -> None:
    with place.open() as warehouse:
        warehouse.land(batch_of(A, folder=tmp_path), at=NOON)
    for file in place.lake.files(place.tenant.code):
        place.lake.delete(file.key)

    with place.open() as warehouse:
        assert warehouse.landed_after(NOON) == [] or warehouse.landed_through() is not None
        assert warehouse.land(batch_of(A, folder=tmp_path), at=NOON).unchanged == 1


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

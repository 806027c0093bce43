"""The flow itself, under Prefect: what it brings, how it ends, what it says and what it keeps."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from prefect.artifacts import Artifact
from prefect.settings import get_current_settings

from flows.land import land
from flows.portal import Connection, Job, Portal, Tenant
from flows.sync import End, report_end
from tests.flows.fake_portal import PSEUDONYM_KEY, TOKEN, Desk, FakePortal
from tests.flows.shop import ALICES, CHARLIES, EVERY_STREAM, desk_of, session_of
from tests.flows.watching import Watched, watch
from tests.simulators.process import Simulator

SECRETS = [ALICES.secret, CHARLIES.secret, ALICES.api_key, CHARLIES.api_key, TOKEN]
SECRETS += [PSEUDONYM_KEY.decode(), PSEUDONYM_KEY.hex()]


def published(watched: Watched) -> list[str]:
    folder = watched.home / "lake" / watched.desk.tenant["code"] / "publications"
    return sorted(each.name for each in folder.iterdir() if each.is_dir())


def test_a_stream_that_may_not_be_read_does_not_keep_the_others_from_arriving(
    synced: Watched,
) -> None:
    failed = {name for name, said in synced.streams.items() if said["status"] == "FAILED"}

    assert sorted(synced.streams) == sorted(EVERY_STREAM)
    assert failed == {"voucher"}
    assert synced.end["status"] == "PARTIAL"
    assert synced.end["actor"] == "TENANT"
    assert "1 of 19 streams failed: This API key may not read Vouchers." in synced.end["message"]
    assert published(synced) == [synced.end["publication"]]
    assert (synced.state.name, synced.state.message) == ("Partial", synced.end["message"])


def test_every_record_of_a_run_is_accounted_for(synced: Watched) -> None:
    for said in synced.streams.values():
        counted = said["new"] + said["changed"] + said["unchanged"] + said["rejected"]
        assert said["extracted"] == counted
    assert synced.streams["sale"]["new"] == 120
    assert synced.streams["sale"]["bytes_read"] > 10_000
    assert synced.streams["sale"]["bookmark"].startswith("2025-")


def test_a_run_says_what_each_step_took(synced: Watched) -> None:
    steps = synced.end["steps"]

    assert list(steps) == ["extract", "transform", "publish"]
    for step in steps.values():
        assert step["seconds"] > 0
        assert step["cpu_seconds"] > 0
    # dbt works in a process of its own; its time is counted all the same.
    assert steps["transform"]["cpu_seconds"] > 1


def test_the_table_of_a_run_has_a_row_for_every_stream(synced: Watched) -> None:
    key = f"streams-{synced.desk.tenant['slug']}-tills"

    artifact: Any = asyncio.run(Artifact.aget(key))

    rows = json.loads(artifact.data)
    assert [row["stream"] for row in rows] == EVERY_STREAM
    wanted = {"extracted", "new", "changed", "unchanged", "rejected", "bytes", "seconds"}
    assert all(wanted <= set(row) for row in rows)
    (sale,) = [row for row in rows if row["stream"] == "sale"]
    assert (sale["extracted"], sale["new"], sale["read"]) == (120, 120, "everything")


def test_no_secret_is_in_a_log_or_in_prefects_database(synced: Watched) -> None:
    address = get_current_settings().server.database.connection_url
    assert address is not None
    file = address.get_secret_value().partition("///")[2]

    with closing(sqlite3.connect(file)) as db:
        kept = "\n".join(db.iterdump())

    assert "Receipt lines" in synced.log or "sale" in synced.log
    assert str(synced.desk.connection["code"]) in kept
    for secret in SECRETS:
        assert secret not in synced.log
        assert secret not in kept


def test_a_wrong_key_fails_with_a_sentence_for_the_tenant(
    prefect: None, portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["branch", "category"], secret="CANARY-wrong-secret")

    watched = watch(desk, portal=portal, home=tmp_path)

    assert watched.end["status"] == "FAILED"
    assert watched.end["actor"] == "TENANT"
    assert "ProHandel rejected the API key or its secret." in watched.end["message"]
    assert watched.state.name == "Failed"
    assert "transform" not in watched.end["steps"]
    assert "CANARY-wrong-secret" not in watched.log


def test_missing_credentials_fail_before_anything_is_read(
    prefect: None, portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["branch"])
    del desk.credentials["api_secret"]

    watched = watch(desk, portal=portal, home=tmp_path)

    assert (watched.end["status"], watched.end["actor"]) == ("FAILED", "TENANT")
    assert watched.streams == {}
    assert watched.state.is_failed()


def break_the_warehouse(desk: Desk, home: Path) -> None:
    file = home / "warehouse" / desk.tenant["code"] / "warehouse.duckdb"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"CANARY this is no database" * 400)


def test_what_nobody_expected_is_the_operators_and_its_trace_is_logged(
    prefect: None, portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["branch"])
    break_the_warehouse(desk, tmp_path)

    watched = watch(desk, portal=portal, home=tmp_path)

    assert (watched.end["status"], watched.end["actor"]) == ("FAILED", "OPERATOR")
    assert watched.end["message"].startswith("The run failed in a way nobody expected (")
    assert "Traceback" in watched.log
    for secret in SECRETS:
        assert secret not in watched.log + json.dumps(watched.end)


def test_a_stream_that_fails_unexpectedly_is_not_blamed_on_the_tenant(
    prefect: None, portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["no_such_stream"])

    watched = watch(desk, portal=portal, home=tmp_path)

    assert watched.streams["no_such_stream"]["status"] == "FAILED"
    assert "nobody expected (KeyError)" in watched.streams["no_such_stream"]["message"]
    assert watched.end["actor"] == "OPERATOR"
    assert "Traceback" in watched.log


def test_a_run_that_was_overtaken_says_that_it_was_cancelled(
    prefect: None, portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["branch"])
    with session_of(desk, portal=portal, home=tmp_path) as session:
        land("branch", session)
    desk.fence = -1

    watched = watch(desk, portal=portal, home=tmp_path)

    assert watched.end["status"] == "CANCELLED"
    assert watched.end["message"].startswith("A later run of this connection has begun.")
    assert watched.streams == {}


def test_a_message_longer_than_the_portal_takes_is_cut() -> None:
    with FakePortal() as portal, closing(Portal(url=portal.url, token=TOKEN)) as client:
        tenant = Tenant("t", "t", "T", "UTC", "EUR", "DE", "DUCKDB")
        job = Job("run", 1, tenant, Connection("c", "c", "prohandel", [], [], None, {}))

        report_end(client, job, End(status="FAILED", message="x" * 5000), {})

        assert len(portal.end_of("run")["message"]) == 2000

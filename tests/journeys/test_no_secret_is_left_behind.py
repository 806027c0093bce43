"""After the journey, canaries are looked for in every byte that was written or is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.forms import Page
from tests.journeys.conftest import Retailer
from tests.journeys.watching import wait_for_run
from tests.processes import Platform
from tests.simulators.prohandel.canary import BIRTH_DATE, MARK

SECRETS = ("CANARY-SECRET", "CANARY-KEY")


@pytest.fixture(scope="module")
def stopped(
    platform: Platform, admin: Page, alice: Retailer, charlie: Retailer, day_later: dict[str, Any]
) -> Iterator[Path]:
    """The home after everything has run. The platform still runs: nothing is tidied up for us.

    The schedule is paused while we read, because a run holds the warehouse's file and moves others.
    """
    connection = admin.open("/admin/connections/connection/").follow(alice.path)
    connection.press("Pause")
    wait_for_run(platform, alice.path, after=None, all_ended=True)
    yield platform.home
    connection.open(connection.path).press("Resume")


def texts(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it is, and what compressed files hold as text."""
    for file in sorted(home.rglob("*")):
        if file.is_file():
            yield str(file), file.read_bytes()
    for file in sorted(home.rglob("*.parquet")):
        for row in duckdb.sql(f"select * from '{file}'").fetchall():
            yield str(file), repr(row).encode()


def warehouse_texts(home: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(home.rglob("warehouse.duckdb")):
        with duckdb.connect(str(file), read_only=True) as database:
            for schema, table in database.execute(
                "select table_schema, table_name from information_schema.tables"
                " where table_schema = 'raw'"
            ).fetchall():
                for row in database.execute(f'select * from {schema}."{table}"').fetchall():
                    yield f"{file} {table}", repr(row).encode()


def test_no_credential_is_in_any_file(stopped: Path) -> None:
    for where, content in texts(stopped):
        for secret in SECRETS:
            assert secret.encode() not in content, where


def test_no_credential_and_no_person_is_in_a_warehouse(
    stopped: Path, platform: Platform, alice: Retailer, charlie: Retailer
) -> None:
    looked_at = 0
    for where, content in warehouse_texts(stopped):
        looked_at += 1
        for mark in (*SECRETS, MARK, BIRTH_DATE):
            assert mark.encode() not in content, where
    assert looked_at > 1000


def test_no_person_is_in_any_file(stopped: Path) -> None:
    for where, content in texts(stopped):
        assert MARK.encode() not in content, where


def test_no_page_of_the_admin_shows_a_credential(admin: Page, alice: Retailer) -> None:
    connection = admin.open("/admin/connections/connection/").follow(alice.path)
    run = admin.open("/admin/runs/run/")
    pages = [connection, connection.follow("Credentials"), connection.follow("Setup"), run]

    for page in pages:
        assert page.status == 200
        assert not any(secret in page.text for secret in SECRETS)
